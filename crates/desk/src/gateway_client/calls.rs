//! The gateway's calls, one function each.

use contract::{
    AuditReply, AuditRequest, AuthenticatorId, BatchItem, BatchReply, BatchRequest, CancelReply, CareIdentityUuid,
    ChangedReply, DeviceId, DeviceReply, DeviceRequest, OfflineGrantReply, OfflineGrantRequest, ProfileReply,
    Registration, RegistrationId, RemovalReply, RemovalRequest, SearchReply, SearchRequest, SessionReply,
    SubmissionKey, VaultReply, VaultRequest, WaitingReply,
};
use http::Method;
use serde::Serialize;

use super::{Call, CallError, GatewayClient, GatewaySession};
use crate::NetworkFault;
use crate::reply::Trouble;

impl GatewayClient {
    /// Who is signed in.
    pub(crate) async fn session(&self, session: &GatewaySession) -> Result<SessionReply, CallError> {
        self.call(session, self.get("/v1/session".into())).await
    }

    /// The gateway's share of the key of a vault.
    pub(crate) async fn vault_share(
        &self,
        session: &GatewaySession,
        request: &VaultRequest,
    ) -> Result<VaultReply, CallError> {
        let call = self.post("/v1/vaults/share".into(), request);
        let request_id = call.request_id;
        let reply: VaultReply = self.call(session, call).await?;
        self.same_request(reply.receipt.request_id == request_id)?;
        Ok(reply)
    }

    /// Who answers to this.
    pub(crate) async fn search(
        &self,
        session: &GatewaySession,
        request: &SearchRequest,
    ) -> Result<SearchReply, CallError> {
        self.call(session, self.post("/v1/care-identities/search".into(), request)).await
    }

    /// A profile.
    pub(crate) async fn profile(
        &self,
        session: &GatewaySession,
        uuid: &CareIdentityUuid,
    ) -> Result<ProfileReply, CallError> {
        self.call(session, self.get(format!("/v1/care-identities/{uuid}"))).await
    }

    /// Removes an authenticator. The request names itself, so that it may be repeated.
    pub(crate) async fn remove(
        &self,
        session: &GatewaySession,
        uuid: &CareIdentityUuid,
        authenticator: AuthenticatorId,
        request: &RemovalRequest,
    ) -> Result<RemovalReply, CallError> {
        let path = format!("/v1/care-identities/{uuid}/authenticators/{authenticator}/removal");
        let call = Call { request_id: request.request, ..self.post(path, request) };
        self.call(session, call).await
    }

    /// Registers, one item or many. A reply that is not to this request is not the gateway's.
    pub(crate) async fn register(
        &self,
        session: &GatewaySession,
        items: Vec<BatchItem>,
    ) -> Result<BatchReply, CallError> {
        let request = BatchRequest { items };
        let call = self.post("/v1/registrations/batch".into(), &request);
        let request_id = call.request_id;
        let reply: BatchReply = self.call(session, call).await?;
        self.same_request(reply.receipt.request_id == request_id)?;
        Ok(reply)
    }

    /// Settles a key: nothing is registered under it and never will be, or this is what it became.
    pub(crate) async fn cancel(&self, session: &GatewaySession, key: SubmissionKey) -> Result<CancelReply, CallError> {
        let call = Call { method: Method::PUT, ..self.get(format!("/v1/submissions/{key}/cancel")) };
        let request_id = call.request_id;
        let reply: CancelReply = self.call(session, call).await?;
        self.same_request(reply.receipt.request_id == request_id)?;
        Ok(reply)
    }

    /// One registration.
    pub(crate) async fn registration(
        &self,
        session: &GatewaySession,
        id: RegistrationId,
    ) -> Result<Registration, CallError> {
        self.call(session, self.get(format!("/v1/registrations/{id}"))).await
    }

    /// Registrations of this RA user that changed since, from the beginning where there is no cursor yet.
    pub(crate) async fn changed(
        &self,
        session: &GatewaySession,
        since: Option<&str>,
    ) -> Result<ChangedReply, CallError> {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("changed-since", since.unwrap_or_default())
            .finish();
        self.call(session, self.get(format!("/v1/registrations?{query}"))).await
    }

    /// A fresh link for a registration whose user has not finished.
    pub(crate) async fn fresh_link(
        &self,
        session: &GatewaySession,
        id: RegistrationId,
    ) -> Result<Registration, CallError> {
        let call = Call { method: Method::POST, ..self.get(format!("/v1/registrations/{id}/link")) };
        self.call(session, call).await
    }

    /// Tells the gateway this computer's public key, and asks up to where it holds its audit.
    pub(crate) async fn device(
        &self,
        session: &GatewaySession,
        id: DeviceId,
        request: &DeviceRequest,
    ) -> Result<DeviceReply, CallError> {
        let call = Call { method: Method::PUT, ..self.post(format!("/v1/devices/{id}"), request) };
        let request_id = call.request_id;
        let reply: DeviceReply = self.call(session, call).await?;
        self.same_request(reply.receipt.request_id == request_id)?;
        Ok(reply)
    }

    /// Leave to record on this computer without a connection.
    pub(crate) async fn offline_grant(
        &self,
        session: &GatewaySession,
        device: DeviceId,
    ) -> Result<OfflineGrantReply, CallError> {
        let request = OfflineGrantRequest { device, clinic: None };
        let call = self.post("/v1/offline-grants".into(), &request);
        let request_id = call.request_id;
        let reply: OfflineGrantReply = self.call(session, call).await?;
        self.same_request(reply.receipt.request_id == request_id)?;
        Ok(reply)
    }

    /// What waits on which computer.
    pub(crate) async fn waiting(&self, session: &GatewaySession) -> Result<WaitingReply, CallError> {
        let call = self.get("/v1/devices/waiting".into());
        let request_id = call.request_id;
        let reply: WaitingReply = self.call(session, call).await?;
        self.same_request(reply.receipt.request_id == request_id)?;
        Ok(reply)
    }

    /// Sends rows of the audit. Anything but the gateway's word for just this head is not the gateway's answer.
    pub(crate) async fn audit(
        &self,
        session: &GatewaySession,
        request: &AuditRequest,
    ) -> Result<AuditReply, CallError> {
        let call = self.post("/v1/audit".into(), request);
        let request_id = call.request_id;
        let reply: AuditReply = self.call(session, call).await?;
        let head = (reply.audit.head.head.number, reply.audit.head.head.hash, reply.audit.head.head.device);
        let asked = (request.head.head.number, request.head.head.hash, request.head.head.device);
        self.same_request(reply.receipt.request_id == request_id && head == asked && reply.audit.is_countersigned())?;
        Ok(reply)
    }

    fn get(&self, path: String) -> Call<'static, ()> {
        Call { method: Method::GET, path, request_id: self.new_request_id(), body: None }
    }

    fn post<'a, B: Serialize>(&self, path: String, body: &'a B) -> Call<'a, B> {
        Call { method: Method::POST, path, request_id: self.new_request_id(), body: Some(body) }
    }

    fn same_request(&self, same: bool) -> Result<(), CallError> {
        if same {
            return Ok(());
        }
        let reference = contract::CorrelationId::from_guid(self.parts.random.guid());
        Err(CallError { trouble: Trouble::Network(NetworkFault::NotOurServer), reference })
    }
}
