//! What of a session lies on the disk: nothing.

use desk::Status;
use rusqlite::types::Value as Stored;
use sandbox::world::people;
use serde_json::Value;
use tests::crossing::Secrets;
use tests::practice::{FileKeys, Practice};
use tests::{Outcome, scan};
use zeroize::Zeroizing;

use crate::journey::{at_work, record, shut, until_status};

#[tokio::test(flavor = "multi_thread")]
async fn no_token_and_no_key_of_a_session_is_written_down() -> Outcome {
    const PIN: &str = "kettle 1928";
    let practice = Practice::start().await?;
    let desk = at_work(&practice, "desk").await?;
    desk.set_pin(Zeroizing::new(PIN.into()), Zeroizing::new(PIN.into())).await?;
    let sam = people::sam_taylor();
    let submission = record(&desk, sam.uuid(), sam.address.as_str()).await?;
    until_status(&desk, submission.key, Status::WaitingForThem).await?;
    // Closed, not signed out: the session is still good.
    shut(desk).await;
    let gateway = practice.layout().dir.join("gateway.sqlite3");
    let gateway = rusqlite::Connection::open_with_flags(gateway, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let blobs = |sql: &str| -> Outcome<Vec<Vec<u8>>> {
        let mut statement = gateway.prepare(sql)?;
        let found = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok(found)
    };
    let mut secrets = Secrets::default();
    secrets.digests.extend(blobs("SELECT digest FROM tokens")?.into_iter().map(|one| (one, "a token")));
    let keys = blobs("SELECT proof_key FROM sessions WHERE proof_key IS NOT NULL")?;
    secrets.thumbprints.extend(keys.into_iter().map(|one| (one, "a session's key")));
    assert!(!secrets.digests.is_empty() && !secrets.thumbprints.is_empty(), "there is a session");
    secrets.texts.push(("a PIN", PIN.into()));
    // In the file, for it is shown again, and sealed there by its author's vault.
    let links = blobs("SELECT link_digest FROM registrations")?;
    secrets.digests.extend(links.into_iter().map(|one| (one, "a user's link")));
    let store = FileKeys(practice.data_dir("desk.key")).open_store(&practice.data_dir("desk"))?;
    let mut lies_there: Vec<Value> = scan::values(&store)?
        .into_iter()
        .filter_map(|value| match value {
            Stored::Text(text) => Some(Value::from(text)),
            Stored::Blob(bytes) => Some(Value::from(bytes)),
            _ => None,
        })
        .collect();
    // What the key store keeps, which is a file an entry here.
    for entry in std::fs::read_dir(practice.data_dir(""))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("desk.key.") {
            let bytes = std::fs::read(entry.path())?;
            lies_there.extend(std::str::from_utf8(&bytes).ok().map(Value::from));
            lies_there.push(Value::from(bytes));
        }
    }
    assert_eq!(secrets.among(&lies_there), [""; 0], "this is written down");
    // The control: what belongs there is found, the computer's key and the file's own in the key store.
    let keys = blobs("SELECT public_key FROM devices")?;
    secrets.public_keys.extend(keys.into_iter().map(|one| (one, "the computer's key")));
    secrets.salt = std::fs::read(practice.data_dir("desk").join("store.db"))?[..16].to_vec();
    assert_eq!(secrets.among(&lies_there), ["the computer's key", "the key of the store's file"]);
    Ok(())
}
