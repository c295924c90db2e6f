//! What a step leaves on the computer, and how two of these differ.

/// All that the installer could have touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// What `msiexec` ended with, cut to eight bits.
    pub code: i32,
    /// What *Installed apps* lists. Two would be two installations beside each other.
    pub versions: Vec<String>,
    /// Where the program is.
    pub folder: Option<String>,
    /// The remembered properties.
    pub defaults: Vec<String>,
    /// What starts a kiosk with Windows.
    pub kiosk_run: Option<String>,
    /// Whether Windows knows the event source.
    pub events: bool,
    /// The program's files and the policy templates.
    pub files: Vec<String>,
    /// Whether the Start menu has it.
    pub shortcut: bool,
    /// What Group Policy wrote.
    pub policy: Vec<String>,
    /// Whether a user's data is as it was.
    pub stored: bool,
}

/// The remembered properties, as the registry shows them.
pub fn defaults(gateway: &str, kiosk: u8) -> Vec<String> {
    vec![
        "ClientId REG_SZ ra-desk".to_owned(),
        format!("GatewayUrl REG_SZ {gateway}"),
        "IssuerUrl REG_SZ https://issuer.example.org".to_owned(),
        format!("Kiosk REG_DWORD 0x{kiosk}"),
        "Organisation REG_SZ Example Trust".to_owned(),
    ]
}

impl State {
    /// No RA Desk, but a policy and a user's data.
    pub fn without() -> Self {
        Self {
            code: 0,
            versions: Vec::new(),
            folder: None,
            defaults: Vec::new(),
            kiosk_run: None,
            events: false,
            files: Vec::new(),
            shortcut: false,
            policy: ["IdleMinutes REG_DWORD 0xa", "LogLevel REG_SZ loud", "Organisation REG_SZ Set by policy"]
                .map(str::to_owned)
                .to_vec(),
            stored: true,
        }
    }

    /// RA Desk in its usual folder with nothing set.
    pub fn with(version: &str) -> Self {
        Self {
            versions: vec![version.to_owned()],
            folder: Some(r"C:\Program Files\RA Desk\".to_owned()),
            events: true,
            files: vec!["WebView2Loader.dll".to_owned(), "ra-desk.exe".to_owned()],
            shortcut: true,
            ..Self::without()
        }
    }

    /// In another folder.
    pub fn in_folder(self, folder: &str) -> Self {
        Self { folder: Some(folder.to_owned()), ..self }
    }

    /// With the policy templates.
    pub fn with_templates(mut self) -> Self {
        let templates = ["policy ra-desk.admx", "policy en-GB ra-desk.adml", "policy en-US ra-desk.adml"];
        self.files.extend(templates.map(str::to_owned));
        self.files.sort();
        self
    }

    /// With properties.
    pub fn set(self, gateway: &str, kiosk: u8) -> Self {
        let folder = self.folder.clone().unwrap_or_default();
        let kiosk_run = (kiosk == 1).then(|| format!("REG_SZ \"{folder}ra-desk.exe\" --kiosk"));
        Self { defaults: defaults(gateway, kiosk), kiosk_run, ..self }
    }

    /// Unchanged, but the installer said no.
    pub fn refused(self) -> Self {
        // ERROR_INSTALL_FAILURE, 1603.
        Self { code: 1603 % 256, ..self }
    }

    /// What is other than expected, a line each.
    pub fn differences(&self, expected: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut compare = |name: &str, is: String, should: String| {
            if is != should {
                lines.push(format!("{name}: {is}, not {should}"));
            }
        };
        let (is, should) = (self, expected);
        compare("exit code", is.code.to_string(), should.code.to_string());
        compare("installed apps", format!("{:?}", is.versions), format!("{:?}", should.versions));
        compare("folder", format!("{:?}", is.folder), format!("{:?}", should.folder));
        compare("defaults", format!("{:?}", is.defaults), format!("{:?}", should.defaults));
        compare("kiosk at start", format!("{:?}", is.kiosk_run), format!("{:?}", should.kiosk_run));
        compare("event source", is.events.to_string(), should.events.to_string());
        compare("files", format!("{:?}", is.files), format!("{:?}", should.files));
        compare("shortcut", is.shortcut.to_string(), should.shortcut.to_string());
        compare("policy", format!("{:?}", is.policy), format!("{:?}", should.policy));
        compare("user's data untouched", is.stored.to_string(), should.stored.to_string());
        lines
    }

    /// In a few words, for the table.
    pub fn shown(&self) -> String {
        format!(
            "code {:<3} version {:<6} files {} defaults {} kiosk {}",
            self.code,
            self.versions.first().map_or("none", String::as_str),
            self.files.len(),
            self.defaults.len(),
            if self.kiosk_run.is_some() { "yes" } else { "no" },
        )
    }
}
