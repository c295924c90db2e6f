//! Opening the vault of whoever arrives, and what was recorded before there were vaults.

use std::sync::Arc;

use contract::{CareIdentityUuid, EndReason, FaultCode, VaultId, VaultRequest, VaultShare};

use super::state::Inner;
use crate::gateway_client::CallError;
use crate::reply::Trouble;
use crate::session::SignedIn;
use crate::sign_in::{Arrived, of_trouble};
use crate::store::vault::{self, OpenVault, VaultKey};
use crate::{Cause, Failure};

impl Inner {
    /// Opens the vault of somebody who came back from the browser, or makes the one they are to have. Where that cannot be
    /// found out, they have not arrived, and their session at the gateway is given back.
    pub(super) async fn with_vault(self: &Arc<Self>, arrived: Arrived) -> Result<Arrived, Failure> {
        match self.open_vault(&arrived).await {
            Ok(vault) => Ok(Arrived { vault, ..arrived }),
            Err(failure) => {
                self.revoke(self.client.as_it_is(), arrived.gateway, EndReason::SignedOut);
                Err(failure)
            }
        }
    }

    /// None: the gateway gives no shares and nothing is sealed; or it gives one that does not open what is. Nothing that is
    /// sealed is touched then, and no other vault takes its place.
    async fn open_vault(&self, arrived: &Arrived) -> Result<Option<Arc<OpenVault>>, Failure> {
        let author = arrived.session.user.uuid.clone();
        let whose = author.clone();
        let known = self.store.read(move |conn| vault::known(conn, &whose)).await?;
        let id = known.unwrap_or_else(|| VaultId::from_guid(self.parts.random.guid()));
        let request = VaultRequest { vault: id, of: None };
        let reply = match self.client.vault_share(&arrived.gateway, &request).await {
            Ok(reply) => reply,
            Err(CallError { trouble: Trouble::Refused { code: Some(FaultCode::NotFound), .. }, .. }) => {
                if known.is_some() {
                    tracing::error!("the gateway gives no shares of vaults any more: what is sealed stays closed");
                    self.store.vaults.close(&author);
                }
                return Ok(None);
            }
            Err(error) => return Err(Cause::SignIn(of_trouble(error.trouble)).into()),
        };
        // One that is new is made by the key in use, and never by the one before.
        let shares = [Some(reply.share), reply.before.filter(|_| known.is_some())];
        let opened = self.opened_by(author.clone(), id, shares).await?;
        if opened.is_none() {
            self.store.vaults.close(&author);
        }
        Ok(opened)
    }

    /// The vault of that name that one of these shares opens.
    pub(super) async fn opened_by(
        &self,
        author: CareIdentityUuid,
        id: VaultId,
        shares: [Option<VaultShare>; 2],
    ) -> Result<Option<Arc<OpenVault>>, Failure> {
        for share in shares.into_iter().flatten() {
            let key = VaultKey::of_share(&share);
            let opened = Arc::new(OpenVault::new(author.clone(), id, key, self.parts.random.clone())?);
            let (found, now) = (opened.clone(), self.parts.clock.now());
            if self.store.write(move |conn| vault::is_theirs(conn, &found, now)).await? {
                return Ok(Some(opened));
            }
        }
        tracing::error!("the gateway's share does not open what is sealed here: it stays closed, and as it is");
        Ok(None)
    }

    /// Seals what this RA user recorded before they had a vault. What cannot be sealed now is sealed when they sign in
    /// the next time.
    pub(super) async fn seal_rest(self: &Arc<Self>, who: &SignedIn) {
        let is_open = self.state().vault.as_ref().is_some_and(|vault| vault.author == who.user.uuid);
        if !is_open {
            return;
        }
        let author = who.user.uuid.clone();
        match self.store.write(move |conn| vault::seal_rest(conn, &author)).await {
            // What stood in the clear is overwritten in the file; it stands in the journal until that is brought over.
            Ok(true) => self.store.checkpoint().await,
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "what was recorded before is not sealed yet"),
        }
    }
}
