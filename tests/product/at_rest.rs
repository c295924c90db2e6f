//! What of a session lies on the disk: nothing.

use std::path::Path;

use desk::Status;
use sandbox::world::people;
use serde_json::Value;
use tests::Outcome;
use tests::crossing::Secrets;
use tests::practice::Practice;
use zeroize::Zeroizing;

use crate::journey::{at_work, record, shut, until_status};

/// Everything in the file of a store, opened with its key.
fn read_store(store: &Path, key: &[u8]) -> Outcome<Vec<Value>> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    // The file begins with the cipher's salt.
    let salt = &std::fs::read(store)?[..16];
    let file = rusqlite::Connection::open(store)?;
    file.execute_batch(&format!("PRAGMA key = \"x'{}{}'\"", hex(key), hex(salt)))?;
    let mut tables = file.prepare("SELECT name FROM sqlite_master WHERE type = 'table'")?;
    let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut found = Vec::new();
    for table in tables {
        let mut statement = file.prepare(&format!("SELECT * FROM \"{table}\""))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                let value = row.get_ref(column)?;
                found.extend(value.as_str().ok().map(Value::from));
                found.extend(value.as_blob().ok().map(Value::from));
            }
        }
    }
    Ok(found)
}

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
    let key = std::fs::read(practice.data_dir("desk.key.store-key-1"))?;
    let mut lies_there = read_store(&practice.data_dir("desk").join("store.db"), &key)?;
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
