//! `ra-desk doctor`: what on this computer or in its network keeps RA Desk from working, in words for an IT desk.
//!
//! Needs no window and no web view, changes nothing, and holds nothing about people: numbers, settings, and what
//! certificates say of servers. The same report is what *Copy diagnostics* copies in the app.

mod checks;
mod diagnostics;
mod network;
mod report;

use std::sync::Arc;

use desk::{Clock, EndpointReport, SettingsError, StoreHolds, SystemClock};
use jiff::Timestamp;
use settings::Resolution;

use report::Check;
pub use report::{Report, SettingFound, Verdict};

use crate::console::{to_json, waited_for};
use crate::key_store::SystemKeyStore;
use crate::proxy::SystemProxies;
use crate::{console, machine, profile};

/// Says what is wrong on standard output. Gives the process's exit code.
pub fn tell(json: bool) -> u8 {
    let Some(report) = waited_for(report()) else { return 1 };
    console::say(&if json { to_json(&report) } else { report.to_string() });
    report.verdict.exit_code()
}

/// Says what support asks for on standard output. Gives the process's exit code.
pub fn tell_diagnostics() -> u8 {
    let Some(diagnostics) = waited_for(diagnostics::diagnostics()) else { return 1 };
    console::say(&to_json(&diagnostics));
    0
}

/// What support asks for, as text.
pub async fn diagnostics_text() -> String {
    to_json(&diagnostics::diagnostics().await)
}

/// Looks at everything. Takes some seconds: servers are asked.
pub async fn report() -> Report {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let now = clock.now();
    let resolution = machine::settings();
    let settings = resolution.clone();
    // The key store and the disk wait, which is not for the runtime's own threads.
    let (here, network) =
        tokio::join!(tokio::task::spawn_blocking(move || this_computer(&settings, now)), ways(&resolution, &clock));
    let (mut checks, queue) =
        here.unwrap_or_else(|_| (vec![Check::bad("doctor", "it failed half way", "Tell support.")], None));
    let network = match network {
        Ok(network) => network,
        // Well written and of no use: a trust_ca that is not there, for instance. RA Desk does not start on it either.
        Err(error) => {
            checks.push(Check::bad("settings", error.to_string(), "Mend what the setting names."));
            Vec::new()
        }
    };
    checks.extend(network.iter().map(network::judge));
    checks.push(network::clock(&network));
    Report {
        version: env!("CARGO_PKG_VERSION"),
        practice: cfg!(feature = "practice"),
        made_at: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        system: format!("{} ({})", std::env::consts::OS, std::env::consts::ARCH),
        verdict: Verdict::of(&checks),
        checks,
        settings: found(&resolution),
        network,
        queue,
    }
}

/// Looks at everything but the network.
fn this_computer(resolution: &Resolution, now: Timestamp) -> (Vec<Check>, Option<StoreHolds>) {
    let mut checks = vec![checks::web_view()];
    checks.extend(checks::settings(resolution));
    let folder = machine::data_dir();
    checks.push(checks::data_folder(folder.as_deref(), &machine::shown(folder.as_deref())));
    let Some(folder) = folder else { return (checks, None) };
    let keys = SystemKeyStore::for_folder(&folder);
    let held = desk::store_holds(&folder, &keys);
    let may_record = resolution.desk().map_or(true, |settings| settings.offline_recording);
    checks.push(checks::key_store(&keys));
    checks.push(checks::profile(if may_record { profile::persistence(&folder) } else { BY_SETTING }));
    checks.push(checks::disk_space(&folder));
    checks.push(checks::store(&held, now));
    checks.extend(checks::recoveries(&desk::recoveries(&folder, &keys).unwrap_or_default()));
    let copies = resolution.desk().ok().and_then(|settings| settings.second_copy_folder);
    checks.extend(copies.map(|copies| checks::second_copy(&copies, &folder)));
    (checks, held.ok().flatten())
}

const BY_SETTING: desk::Persistence = desk::Persistence::NotKept(desk::NotKept::BySetting);

/// The ways to both servers; none where the settings do not name them, which is told elsewhere.
async fn ways(resolution: &Resolution, clock: &Arc<dyn Clock>) -> Result<Vec<EndpointReport>, SettingsError> {
    let Ok(settings) = resolution.desk() else { return Ok(Vec::new()) };
    desk::probe(&settings, Arc::new(SystemProxies), Arc::clone(clock)).await.map(Into::into)
}

/// Every setting as it was found, for the report and for the page.
pub fn found(resolution: &Resolution) -> Vec<SettingFound> {
    let settings = resolution.settings().iter();
    settings
        .map(|setting| SettingFound {
            name: setting.key.name,
            value: setting.value.as_ref().map(ToString::to_string),
            from: setting.layer.as_str(),
            place: setting.place.clone(),
        })
        .collect()
}
