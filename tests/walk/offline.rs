//! The main job without the network, with a flat battery in the middle.

use sandbox::world::people::{sam_taylor, zoe_ashworth_okafor};
use tests::{Outcome, scan};

use crate::online::{registrations_of, through_the_issuer, to_the_check};
use crate::report::Report;
use crate::stage::Stage;

/// With somebody's profile open, cuts the network for real and records a registration.
pub async fn record(stage: &mut Stage, report: &mut Report) -> Outcome {
    let zoe = zoe_ashworth_okafor();
    let desk = stage.desk()?;
    desk.click("#nav-find").await?;
    desk.see("[data-page=find]").await?;
    desk.choose("by-uuid").await?;
    desk.enter("#uuid", &zoe.uuid().grouped()).await?;
    desk.click("#primary").await?;
    desk.see("[data-page=profile]").await?;
    stage.world.cut_gateway()?;
    let desk = stage.desk()?;
    desk.click("#primary").await?;
    to_the_check(desk, &zoe, None).await?;
    desk.see("#offline").await?;
    desk.see_text("#working-offline", "You are offline. Nothing is recorded yet.").await?;
    desk.see_text("#what-happens", "When you confirm, it will be saved on this computer").await?;
    report.saw("the network is gone and RA Desk says so before anything is saved", desk).await?;
    desk.click("#primary").await?;
    desk.see("[data-page=submission][data-status=ready_to_send]").await?;
    desk.see_text("main", "RA Desk sends it by itself while you stay signed in.").await?;
    report.saw("recorded on this computer, not registered", desk).await?;
    desk.click("#nav-outbox").await?;
    desk.see("[data-page=outbox]").await?;
    report.saw("the outbox tells what waits and why", desk).await?;
    let there = stage.world.count(&registrations_of(&zoe))?;
    report.checked("the gateway knows nothing of it", there == 0, || format!("it has {there}"))?;
    nothing_is_readable(stage, report)
}

/// Looks into every file of the data folder for what was entered so far in the walk.
pub fn nothing_is_readable(stage: &Stage, report: &mut Report) -> Outcome {
    let mut texts = Vec::new();
    for person in [sam_taylor(), zoe_ashworth_okafor()] {
        let name = &person.person.profile.name;
        texts.extend([name.family.to_string(), name.given.to_string(), person.address.to_string()]);
        texts.extend([person.uuid().to_string(), person.uuid().grouped()]);
    }
    // Three letters may stand anywhere in what is encrypted.
    texts.retain(|text| text.chars().count() > 4);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let found = scan::find_texts(&stage.data_dir(), &texts)?;
    let files = scan::files(&stage.data_dir())?.len();
    report.checked("no name, address or UUID is readable in the data folder", found.is_empty() && files > 0, || {
        format!("{files} files; found in {:?}", found.iter().map(|(file, _)| file.clone()).collect::<Vec<_>>())
    })
}

/// Kills RA Desk at once and starts it again, still without the network.
pub async fn flat_battery(stage: &mut Stage, report: &mut Report) -> Outcome {
    stage.kill_desk().await?;
    stage.open_desk().await?;
    let desk = stage.desk()?;
    desk.see("[data-page=sign-in]").await?;
    desk.see("#unsent").await?;
    report.saw("after a flat battery: what was recorded is still here", desk).await
}

/// The network returns; the same RA user signs in, confirms what they recorded, and it is sent once.
pub async fn send(stage: &mut Stage, report: &mut Report) -> Outcome {
    let zoe = zoe_ashworth_okafor();
    stage.world.start_gateway()?;
    through_the_issuer(stage, None).await?;
    let desk = stage.desk()?;
    desk.click("#primary").await?;
    desk.see("[data-page=confirm-recorded]").await?;
    report.saw("RA Desk asks whether they recorded these", desk).await?;
    let early = stage.world.count(&registrations_of(&zoe))?;
    report.checked("nothing is sent before they say so", early == 0, || format!("{early} were"))?;
    desk.click("#primary").await?;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while stage.world.count(&registrations_of(&zoe))? == 0 && std::time::Instant::now() < deadline {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    // RA Desk goes there by itself, once it has heard that they recorded these.
    desk.see("[data-page=outbox]").await?;
    desk.click("#tab-waiting").await?;
    desk.see("[data-page=outbox][data-status=waiting]").await?;
    desk.see_text("#tab-panel", &zoe.person.profile.name.short()).await?;
    report.saw("it was sent and waits for them", desk).await?;
    let once = stage.world.count(&registrations_of(&zoe))?;
    report.checked("exactly one registration exists", once == 1, || format!("there are {once}"))?;
    let all = stage.world.count("SELECT count(*) FROM registrations")?;
    report.checked("and one for each person of the walk", all == 2, || format!("there are {all}"))?;
    nothing_is_readable(stage, report)
}
