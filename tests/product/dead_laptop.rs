//! A laptop that dies with registrations on it: its second copy is taken in at the gateway, and when it comes back to
//! life and sends, each is still registered once.

use std::path::{Path, PathBuf};

use desk::{Desk, SecondCopy, Settings, Status};
use gateway::{Import, ImportReport, Operator, Taken};
use sandbox::world::people;
use sandbox::world::ra_users::owen_pritchard;
use tests::practice::{AutoBrowser, FileKeys, Practice, open_desk_with, until};
use tests::scan::find_texts;
use tests::{Outcome, copy_folder};

use crate::journey::{answer, registrations_of, shut, start_work, until_status};

struct NoProxies;

impl desk::ProxyFinder for NoProxies {
    fn proxies_for(
        &self,
        _: &url::Url,
        _: desk::ProxyQuestion<'_>,
    ) -> Result<desk::ProxyAnswer, desk::ProxyFinderError> {
        Ok(desk::ProxyAnswer { hops: vec![desk::ProxyHop::Direct], source: desk::ProxySource::Nobody })
    }
}

/// A laptop with a stick for its second copy.
async fn laptop(practice: &Practice, stick: &Path) -> Outcome<Desk> {
    let mut settings = Settings::read(&practice.layout().desk_settings)?;
    settings.second_copy_folder = Some(stick.to_owned());
    let browser = AutoBrowser { user: owen_pritchard().uuid().to_string(), role: None };
    let keys = FileKeys(practice.data_dir("laptop.key"));
    let proxies = std::sync::Arc::new(NoProxies);
    Ok(open_desk_with(settings, &practice.data_dir("laptop"), keys, browser, proxies).await?)
}

fn copies(stick: &Path) -> Outcome<Vec<PathBuf>> {
    Ok(std::fs::read_dir(stick)?.map(|file| Ok(file?.path())).collect::<Result<_, std::io::Error>>()?)
}

async fn import(practice: &Practice, stick: &Path) -> Outcome<ImportReport> {
    let by = Operator::new("o.perator", "the laptop does not start any more")?;
    let wanted = Import { files: copies(stick)?, by, dry_run: false, revoked_too: false };
    let config = gateway::Config::read(&practice.layout().gateway_config)?;
    Ok(gateway::import_sealed(config, &practice.layout().dir, &gateway::SystemClock, &wanted).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_laptop_recorded_is_registered_once_also_when_it_comes_back() -> Outcome {
    let mut practice = Practice::start().await?;
    let stick = practice.data_dir("stick");
    std::fs::create_dir(&stick)?;
    let desk = laptop(&practice, &stick).await?;
    start_work(&desk).await?;
    let whole = || async {
        desk.send_now();
        desk.snapshot().await.ok().filter(|now| now.second_copy == SecondCopy::Whole)
    };
    until("the stick is found", whole).await?;
    until("the gateway knows the laptop", || async {
        practice.count("SELECT count(*) FROM devices").ok().filter(|n| *n == 1)
    })
    .await?;

    // The network goes. One is recorded, another recorded and taken back.
    let (sam, other) = (people::sam_taylor(), people::zoe_ashworth_okafor());
    let mut drafts = Vec::new();
    for person in [&sam, &other] {
        desk.profile(person.uuid().clone()).await?;
        drafts.push(desk.start_draft(person.uuid().clone()).await?);
    }
    practice.cut_gateway().await;
    let (first, second) = (drafts.remove(0), drafts.remove(0));
    let first = answer(&desk, first, sam.address.as_str()).await?;
    let recorded = desk.record(first.id).await?;
    let second = answer(&desk, second, other.address.as_str()).await?;
    let taken_back = desk.record(second.id).await?;
    desk.withdraw(taken_back.key).await?;
    assert_eq!(desk.snapshot().await?.second_copy, SecondCopy::Whole);

    // It dies: its folder is gone. What it was then is kept aside, for a laptop may come back.
    shut(desk).await;
    let (data, aside) = (practice.data_dir("laptop"), practice.data_dir("aside"));
    copy_folder(&data, &aside)?;
    std::fs::remove_dir_all(&data)?;

    // Whoever finds the stick reads nothing.
    let device = recorded.key.to_string();
    let texts =
        [sam.uuid().as_str(), sam.address.as_str(), "Taylor", &device, owen_pritchard().uuid().as_str(), "B81603"]
            .map(str::to_owned);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(find_texts(&stick, &texts)?, []);

    practice.start_gateway().await?;
    let report = import(&practice, &stick).await?;
    assert_eq!(report.count(|taken| taken == Taken::Registered), 1, "{report:?}");
    assert_eq!(report.count(|taken| taken == Taken::Withdrawn), 2, "what was taken back, and its record: {report:?}");
    assert_eq!(report.count(Taken::is_left), 0, "{report:?}");
    assert_eq!((registrations_of(&practice, sam.uuid())?, registrations_of(&practice, other.uuid())?), (1, 0));
    let again = import(&practice, &stick).await?;
    assert_eq!(again.count(|taken| taken == Taken::RegisteredBefore), 1, "{again:?}");

    // The laptop comes back to life, its RA user signs in and confirms: it is told what it became.
    copy_folder(&aside, &data)?;
    let desk = laptop(&practice, &stick).await?;
    start_work(&desk).await?;
    desk.confirm_recorded().await?;
    let back = until_status(&desk, recorded.key, Status::WaitingForThem).await?;
    assert!(back.registration.is_some());
    assert_eq!((registrations_of(&practice, sam.uuid())?, registrations_of(&practice, other.uuid())?), (1, 0));
    let elsewhere = practice.desk("other", owen_pritchard().uuid().as_str(), None).await?;
    start_work(&elsewhere).await?;
    let told = elsewhere.waiting_elsewhere().await?.waiting;
    assert_eq!(told.iter().map(|on| (on.own, on.imported)).collect::<Vec<_>>(), [(true, 1)], "its author is told");
    shut(elsewhere).await;
    shut(desk).await;
    Ok(())
}
