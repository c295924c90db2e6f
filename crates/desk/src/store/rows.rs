//! How values stand in columns: times as microseconds, enums as their word on the wire, the rest as text or JSON.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

/// Gathers rows. One that cannot be read stays in the file and is told of; it does not hide the others.
pub(super) fn readable<T>(rows: impl Iterator<Item = rusqlite::Result<T>>) -> Result<Vec<T>, StoreError> {
    let mut gathered = Vec::new();
    for row in rows {
        match row {
            Ok(value) => gathered.push(value),
            Err(rusqlite::Error::FromSqlConversionFailure(column, ..)) => {
                tracing::error!(column, "a row of the store cannot be read; it is left as it is");
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(gathered)
}

pub(super) fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Failed("a value cannot be written".into()))
}

/// An enum's word on the wire.
pub(super) fn to_word(value: &impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(StoreError::Failed("a value is not a word".into())),
    }
}

pub(super) fn at(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(row.get(column)?).map_err(|_| unreadable(column))
}

pub(super) fn at_or_none(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column)?.map(Timestamp::from_microsecond).transpose().map_err(|_| unreadable(column))
}

pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|_| unreadable(column))
}

pub(super) fn json_or_none<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    row.get_ref(column)?.as_str_or_null()?.map(serde_json::from_str).transpose().map_err(|_| unreadable(column))
}

/// An enum by its word, or none.
pub(super) fn word<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    row.get_ref(column)?
        .as_str_or_null()?
        .map(|word| serde_json::from_value(serde_json::Value::String(word.to_owned())))
        .transpose()
        .map_err(|_| unreadable(column))
}

pub(super) fn parsed<T, E>(
    row: &Row<'_>,
    column: usize,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> rusqlite::Result<T> {
    parse(row.get_ref(column)?.as_str()?).map_err(|_| unreadable(column))
}

pub(super) fn parsed_or_none<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    row.get_ref(column)?.as_str_or_null()?.map(str::parse).transpose().map_err(|_| unreadable(column))
}

/// Says which column, never what stands in it.
pub(super) fn unreadable(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "not as it was written".into())
}
