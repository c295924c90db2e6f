//! What waits on other computers.

use contract::{DeviceId, WaitingRow};

use super::Desk;
use crate::registering::{role_at, role_name};
use crate::store::device::Device;
use crate::{Failure, WaitingElsewhere, WaitingOn};

impl Desk {
    /// What waits on other computers of this RA user, and for an RA Manager what waits of everybody at their
    /// organisation, as each computer last told the gateway. Needs the network.
    pub async fn waiting_elsewhere(&self) -> Result<WaitingElsewhere, Failure> {
        let desk = &self.inner;
        let at_work = desk.require_at_work()?;
        let reply = desk.hear(&at_work, desk.client.waiting(&at_work.gateway).await)?;
        let this = desk.store.device.as_ref().map(Device::id);
        let rows = reply.waiting.into_iter().map(|row| shown(row, this));
        // What is the RA user's own and here stands in the outbox, as it is now.
        let waiting = rows.filter(|row| !(row.own && row.here)).collect();
        Ok(WaitingElsewhere { waiting, more: reply.more })
    }
}

fn shown(row: WaitingRow, this: Option<DeviceId>) -> WaitingOn {
    let short = || format!("Computer {}", row.device.to_string().chars().take(8).collect::<String>());
    let role = match (row.ra_role.and_then(role_name), row.organisation) {
        (Some(name), Some(organisation)) => Some(role_at(name, &organisation)),
        (None, Some(organisation)) => Some(organisation.to_string()),
        (_, None) => None,
    };
    WaitingOn {
        computer: row.name.map_or_else(short, |name| name.to_string()),
        here: this == Some(row.device),
        revoked: row.revoked,
        heard_at: row.heard_at,
        own: row.own,
        author: row.author_name,
        role,
        unsent: row.unsent,
        attention: row.attention,
        oldest: row.oldest,
        imported: row.imported,
        imported_at: row.imported_at,
    }
}
