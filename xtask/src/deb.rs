//! `cargo xtask deb`: the Linux packages. `ra-desk`, and `ra-desk-practice` with gateway and practice world.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::machine::{Need, cargo, has_program, prepare, target_dir};
use crate::run::build_page;
use crate::stage::program;
use crate::{Failure, Outcome, failed, only_yes, root, sbom};

const HELP: &str = "\
cargo xtask deb [--yes]

Builds RA Desk, gateway and practice world as they are shipped, and the packages around them, into target/deb:

  ra-desk_<version>_<arch>.deb            RA Desk, with /etc/ra-desk/policy.toml in which nothing is set
  ra-desk-practice_<version>_<arch>.deb   gateway and practice world, to try things on one computer

  *.cdx.json                              what is in each program, and in RA Desk's page (CycloneDX)

Each package is unpacked and its programs asked for their version before the command ends with 0.

  --yes   install missing system packages without asking
";

/// A package: what it is called, what goes where, and what stands in its control file beside that.
struct Package {
    name: &'static str,
    programs: &'static [&'static str],
    control: &'static str,
}

const DESK: Package = Package {
    name: "ra-desk",
    programs: &["ra-desk"],
    control: "Section: misc\n\
        Recommends: gnome-keyring | kwalletmanager\n\
        Description: register NHS.net Connect accounts for Care Identity profiles\n \
        For NHS Registration Authority users. Registrations made without a network\n \
        wait on the computer, encrypted with a key that the Secret Service keeps.\n",
};

const PRACTICE: Package = Package {
    name: "ra-desk-practice",
    programs: &["ra-gateway", "ra-sandbox"],
    control: "Section: misc\n\
        Suggests: ra-desk\n\
        Description: RA Desk's gateway and a practice world of made-up people\n \
        A stand-in for the identity provider and the gateway on one computer.\n \
        Nobody in it is real.\n",
};

/// Builds both packages.
pub(crate) fn deb(words: &[String]) -> Outcome {
    let yes = only_yes("deb", words, HELP)?;
    prepare(Need::Build, yes)?;
    if !has_program("dpkg-shlibdeps") {
        return Err(Failure::Skipped("packages for Debian are built on Debian or Ubuntu (dpkg-dev)".to_owned()));
    }
    build_page()?;
    // Apart, because in one build the gateway would be given the desk's cipher.
    for package in [&["ra-desk"][..], &["gateway", "sandbox"]] {
        let mut command = cargo();
        command.args(["build", "--release", "--locked"]);
        for name in package {
            command.args(["--package", name]);
        }
        program(command, Duration::from_secs(60 * 60))?;
    }
    let folder = root().join("target").join("deb");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let version = crate::windows::workspace_version()?;
    for package in [DESK, PRACTICE] {
        let tree = folder.join(package.name);
        fill(&package, &tree)?;
        write_control(&package, &tree, &version)?;
        let file = folder.join(format!("{}_{version}_{}.deb", package.name, architecture()?));
        let mut pack = Command::new("dpkg-deb");
        pack.args(["--root-owner-group", "--build"]).arg(&tree).arg(&file);
        program(pack, Duration::from_secs(300))?;
        try_out(&package, &file, &folder.join("tried"))?;
        std::fs::remove_dir_all(&tree)?;
        println!("target/deb/{}", file.file_name().unwrap_or_default().to_string_lossy());
    }
    write_bills(&folder, &version)
}

/// What is in each program, in CycloneDX.
fn write_bills(folder: &Path, version: &str) -> Outcome {
    for (name, package) in
        [("ra-desk", "src-tauri"), ("ra-gateway", "crates/gateway"), ("ra-sandbox", "crates/sandbox")]
    {
        let built = sbom::Built { package, target: None, features: None };
        sbom::of_crates(&built, &folder.join(format!("{name}_{version}-crates.cdx.json")))?;
    }
    sbom::of_the_page(&folder.join(format!("ra-desk_{version}-page.cdx.json")))
}

/// Lays out what the package installs.
fn fill(package: &Package, tree: &Path) -> Outcome {
    let put = |from: PathBuf, to: &str, mode: u32| install(&from, &tree.join(to), mode);
    for name in package.programs {
        put(target_dir().join("release").join(name), &format!("usr/bin/{name}"), 0o755)?;
    }
    let sources = root().join("packaging/linux");
    let doc = format!("usr/share/doc/{}", package.name);
    put(sources.join("copyright"), &format!("{doc}/copyright"), 0o644)?;
    put(root().join("LICENSE-MIT"), &format!("{doc}/LICENSE-MIT"), 0o644)?;
    put(root().join("CHANGELOG.md"), &format!("{doc}/CHANGELOG.md"), 0o644)?;
    if package.name != DESK.name {
        return Ok(());
    }
    put(sources.join("policy.toml"), "etc/ra-desk/policy.toml", 0o644)?;
    put(sources.join("ra-desk.desktop"), "usr/share/applications/ra-desk.desktop", 0o644)?;
    put(sources.join("ra-desk.1"), "usr/share/man/man1/ra-desk.1", 0o644)?;
    let mut compress = Command::new("gzip");
    compress.args(["-9", "--no-name"]).arg(tree.join("usr/share/man/man1/ra-desk.1"));
    program(compress, Duration::from_secs(60))?;
    for (icon, place) in [("32x32.png", "32x32"), ("128x128.png", "128x128"), ("ra-desk.svg", "scalable")] {
        let ending = icon.rsplit('.').next().unwrap_or_default();
        let to = format!("usr/share/icons/hicolor/{place}/apps/ra-desk.{ending}");
        put(root().join("icons").join(icon), &to, 0o644)?;
    }
    Ok(())
}

fn write_control(package: &Package, tree: &Path, version: &str) -> Outcome {
    let about = tree.join("DEBIAN");
    std::fs::create_dir_all(&about)?;
    let depends = libraries(package, tree)?;
    let mut size = Command::new("du");
    let size = String::from_utf8_lossy(&size.args(["-sk", "--exclude=DEBIAN"]).arg(tree).output()?.stdout)
        .split_whitespace()
        .next()
        .unwrap_or("0")
        .to_owned();
    let control = format!(
        "Package: {}\nVersion: {version}\nArchitecture: {}\nMaintainer: RA Desk maintainers <ra-desk@example.org>\n\
         Installed-Size: {size}\nDepends: {depends}\nPriority: optional\n{}",
        package.name,
        architecture()?,
        package.control
    );
    std::fs::write(about.join("control"), control)?;
    if tree.join("etc").exists() {
        // What an administrator wrote into it outlives an upgrade.
        std::fs::write(about.join("conffiles"), "/etc/ra-desk/policy.toml\n")?;
    }
    let mut sums = Command::new("sh");
    sums.current_dir(tree).args(["-c", "find usr -type f | sort | xargs md5sum > DEBIAN/md5sums"]);
    program(sums, Duration::from_secs(60))?;
    Ok(())
}

/// The packages whose libraries the programs load.
fn libraries(package: &Package, tree: &Path) -> Outcome<String> {
    // It looks for a source package's own description, and is content with an empty one.
    let source = tree.with_extension("source");
    std::fs::create_dir_all(source.join("debian"))?;
    std::fs::write(source.join("debian/control"), "")?;
    let mut command = Command::new("dpkg-shlibdeps");
    command.current_dir(&source).arg("-O");
    for name in package.programs {
        command.arg(tree.join("usr/bin").join(name));
    }
    let output = command.output()?;
    std::fs::remove_dir_all(source)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match text.trim().strip_prefix("shlibs:Depends=") {
        Some(depends) if output.status.success() => Ok(depends.to_owned()),
        _ => failed(format!("dpkg-shlibdeps failed: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Unpacks a package elsewhere and starts what is in it.
fn try_out(package: &Package, file: &Path, to: &Path) -> Outcome {
    let mut unpack = Command::new("dpkg-deb");
    unpack.arg("--extract").arg(file).arg(to);
    program(unpack, Duration::from_secs(300))?;
    for name in package.programs {
        let output = Command::new(to.join("usr/bin").join(name)).arg("--version").output()?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || said.is_empty() {
            return failed(format!("{name} --version ended with {} and said '{said}'", output.status));
        }
        println!("{name} --version: {said}");
    }
    std::fs::remove_dir_all(to)?;
    Ok(())
}

fn install(from: &Path, to: &Path, mode: u32) -> Outcome {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::copy(from, to)?;
    #[cfg(unix)]
    std::fs::set_permissions(to, std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    #[cfg(not(unix))]
    let _ = mode;
    Ok(())
}

fn architecture() -> Outcome<String> {
    let output = Command::new("dpkg").arg("--print-architecture").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
