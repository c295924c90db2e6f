//! The life of an installation.

use std::path::Path;

use crate::computer::Computer;
use crate::state::State;
use crate::{Error, Table, doctor};

const ONE: &str = "https://gateway.example.org";
const TWO: &str = "https://second.example.org";
const ALL: &[&str] = &[
    "GATEWAYURL=https://gateway.example.org",
    "ISSUERURL=https://issuer.example.org",
    "CLIENTID=ra-desk",
    "ORGANISATION=Example Trust",
    "KIOSK=1",
];
const AGAIN: &[&str] = &["REINSTALL=ALL", "REINSTALLMODE=vamus"];

/// Walks through it all. `version` is what the program says of itself, which is the same in all the packages.
pub fn walk(computer: &Computer, packages: &Path, version: &str, table: &mut Table) -> Result<(), Error> {
    computer.clean(packages)?;
    computer.plant()?;
    let mut step = |name: &str, verb: &str, package: &str, words: &[&[&str]], expected: State| -> Result<(), Error> {
        let package = packages.join(package).to_string_lossy().into_owned();
        let words: Vec<&str> = [verb, &package].into_iter().chain(words.iter().copied().flatten().copied()).collect();
        let state = computer.observe(computer.msiexec(&words)?)?;
        table.line(name, &state.shown(), &state.differences(&expected));
        Ok(())
    };
    let (none, first, second, third) =
        (State::without(), State::with("0.1.0"), State::with("0.2.0"), State::with("0.3.0"));

    step("install, nothing set", "/i", "1.msi", &[], first.clone())?;
    step("uninstall", "/x", "1.msi", &[], none.clone())?;
    step("install, everything set", "/i", "1.msi", &[ALL], first.clone().set(ONE, 1))?;
    step("reinstall, nothing said: all is remembered", "/i", "1.msi", &[AGAIN], first.clone().set(ONE, 1))?;
    std::fs::remove_file(computer.path(r"C:\Program Files\RA Desk\WebView2Loader.dll"))?;
    step("reinstall brings a deleted file back", "/i", "1.msi", &[AGAIN], first.set(ONE, 1))?;
    step("upgrade, nothing said: all is remembered", "/i", "2.msi", &[], second.set(ONE, 1))?;
    let moved = ["KIOSK=0", "GATEWAYURL=https://second.example.org"];
    step("upgrade, KIOSK=0 and another gateway", "/i", "3.msi", &[&moved], third.clone().set(TWO, 0))?;
    step("an older version is refused", "/i", "2.msi", &[], third.clone().set(TWO, 0).refused())?;
    step("another build of the same version replaces it", "/i", "3-again.msi", &[], third.clone().set(TWO, 0))?;
    step("reinstall, KIOSK=1", "/i", "3-again.msi", &[AGAIN, &["KIOSK=1"]], third.clone().set(TWO, 1))?;
    let wrong = third.clone().set(TWO, 1).refused();
    step("reinstall, KIOSK=yes is refused", "/i", "3-again.msi", &[AGAIN, &["KIOSK=yes"]], wrong)?;
    step("reinstall, KIOSK=0", "/i", "3-again.msi", &[AGAIN, &["KIOSK=0"]], third.clone().set(TWO, 0))?;
    let log = ["/l*v", r"C:\uninstall.log"];
    step("uninstall leaves policy and data", "/x", "3-again.msi", &[&log], none.clone())?;
    let plain = ["GATEWAYURL=http://gateway.example.org"];
    step("a gateway without TLS is refused", "/i", "3.msi", &[&plain], none.clone().refused())?;
    step("install with ADDLOCAL=ALL", "/i", "3.msi", &[&["ADDLOCAL=ALL"]], third.clone().with_templates())?;
    step("uninstall takes the policy templates too", "/x", "3.msi", &[], none.clone())?;
    let other = [r"INSTALLDIR=C:\Apps\Desk"];
    let there = |state: State| state.in_folder(r"C:\Apps\Desk\");
    step("install into another folder", "/i", "2.msi", &[&other, ALL], there(State::with("0.2.0")).set(ONE, 1))?;
    step("upgrade stays in that folder", "/i", "3.msi", &[], there(third.clone()).set(ONE, 1))?;
    step("uninstall, kiosk and all", "/x", "3.msi", &[], none.clone())?;
    computer.become_version("win7")?;
    step("Windows 7 is refused", "/i", "3.msi", &[], none.clone().refused())?;
    computer.become_windows_8_1()?;
    step("Windows 8.1 is refused", "/i", "3.msi", &[], none.clone().refused())?;
    computer.become_windows_10()?;
    step("the signed package installs", "/i", "3-signed.msi", &[ALL], third.set(ONE, 1))?;
    let said = computer.log(r"C:\uninstall.log")?.contains("What was not sent waits there");
    let wrong = (!said).then(|| "nothing about it stands in the log".to_owned());
    table.line("the uninstall said what stays", "in its log", &wrong.into_iter().collect::<Vec<_>>());
    doctor::ask(computer, version, table)?;
    let mut last = |name: &str| -> Result<(), Error> {
        let package = packages.join("3-signed.msi").to_string_lossy().into_owned();
        let state = computer.observe(computer.msiexec(&["/x", &package])?)?;
        table.line(name, &state.shown(), &state.differences(&none));
        Ok(())
    };
    last("uninstall")
}
