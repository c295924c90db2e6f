//! Layers in the Windows registry, below `HKEY_LOCAL_MACHINE`.

use settings::{KEYS, Layer, RawLayer, RawValue, UnreadableLayer};
use windows_registry::{LOCAL_MACHINE, Type, Value};

/// `ERROR_FILE_NOT_FOUND` as an HRESULT: nobody made the key.
const NOT_FOUND: i32 = 0x8007_0002_u32.cast_signed();

/// Reads one key. One that is not there sets nothing.
pub fn layer(layer: Layer, path: &str) -> Result<RawLayer, UnreadableLayer> {
    let place = format!(r"HKLM\{path}");
    let unreadable = |error: windows_result::Error| UnreadableLayer {
        layer,
        place: place.clone(),
        why: format!("cannot be read: error {:#010x}", error.code().0),
    };
    let mut found = RawLayer::empty(layer, &place);
    let key = match LOCAL_MACHINE.open(path) {
        Ok(key) => key,
        Err(error) if error.code().0 == NOT_FOUND => return Ok(found),
        Err(error) => return Err(unreadable(error)),
    };
    for (name, value) in key.values().map_err(unreadable)? {
        // The registry does not tell capital letters from small ones.
        let key = KEYS.iter().find(|key| key.registry_name.eq_ignore_ascii_case(&name));
        match key {
            Some(key) => _ = found.values.insert(key.name.to_owned(), raw(&value)),
            // The installer keeps marks of its own beside its settings.
            None if layer == Layer::Installer => {}
            None => _ = found.values.insert(name, raw(&value)),
        }
    }
    Ok(found)
}

fn raw(value: &Value) -> RawValue {
    match value.ty() {
        Type::String => String::try_from(value.clone()).map_or(RawValue::Other, RawValue::Text),
        // Not expanded: a user's own environment would decide what a policy says.
        Type::ExpandString => String::try_from(value.clone())
            .ok()
            .filter(|text| !text.contains('%'))
            .map_or(RawValue::Other, RawValue::Text),
        Type::U32 => u32::try_from(value.clone()).map_or(RawValue::Other, |n| RawValue::Number(n.into())),
        _ => RawValue::Other,
    }
}
