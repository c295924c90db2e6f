//! Every key, once.

/// One thing that can be set.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// As it stands in a settings file, for instance `gateway_url`.
    pub name: &'static str,
    /// As it stands in the registry and in Group Policy, for instance `GatewayUrl`.
    pub registry_name: &'static str,
    /// A short title, for the Group Policy editor and the page.
    pub title: &'static str,
    /// What it does, in one or two sentences for an IT desk.
    pub meaning: &'static str,
    /// What may stand there.
    pub kind: Kind,
    /// What counts when nobody set it, written as it would be in a file. None: RA Desk needs no value.
    pub built_in: Option<&'static str>,
    /// Who may set it.
    pub who: Who,
    /// What happens when it is set wrongly.
    pub if_wrong: IfWrong,
}

/// What may stand in a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An `https` address without user, password, query or fragment.
    Address,
    /// An `http` or `https` address without user and password: of a proxy, or of its script.
    PlainAddress,
    /// Text of at most so many characters, on one line.
    Text {
        /// The most characters.
        most: usize,
    },
    /// The full path of a file.
    File,
    /// The full path of a folder.
    Folder,
    /// What an organisation calls a computer.
    ComputerName,
    /// A public key: 64 hexadecimal digits.
    PublicKey,
    /// True or false; 1 or 0 in the registry.
    YesNo,
    /// A whole number within bounds, both included.
    Whole {
        /// The smallest.
        least: u32,
        /// The largest.
        most: u32,
        /// What it counts.
        unit: &'static str,
    },
    /// One of several words.
    OneOf(&'static [Choice]),
    /// Port numbers, apart by spaces.
    Ports,
    /// Authentication context values of CIS2, apart by spaces.
    AuthenticationContexts,
    /// OAuth scopes, apart by spaces, `openid` among them.
    Scopes,
}

/// One word that a key may hold.
#[derive(Debug, PartialEq, Eq)]
pub struct Choice {
    /// As it is set.
    pub word: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

/// Who may set a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Policy and the installer. A user's value is not looked at.
    Managed,
    /// The user too, unless policy or the installer did.
    Anybody,
}

/// What happens when a key is set wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfWrong {
    /// RA Desk does not start: any other value could send data to the wrong place, trust the wrong party, or allow what
    /// was meant to be forbidden.
    Refuse,
    /// What is built in applies, never the value of a lower layer.
    UseBuiltIn,
}

const fn choice(word: &'static str, meaning: &'static str) -> Choice {
    Choice { word, meaning }
}

/// A key of that name.
pub fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// All that can be set, in the order in which people read it.
pub static KEYS: &[Key] = &[
    Key {
        name: "gateway_url",
        registry_name: "GatewayUrl",
        title: "Address of the gateway",
        meaning: "Where your organisation's RA Desk gateway answers. RA Desk sends registrations there and nowhere else, and does not start without it.",
        kind: Kind::Address,
        built_in: None,
        who: Who::Managed,
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "issuer_url",
        registry_name: "IssuerUrl",
        title: "Address of NHS CIS2 Authentication",
        meaning: "The OpenID Connect issuer that RA users sign in with, exactly as it names itself (with a port, if it says one). RA Desk does not start without it.",
        kind: Kind::Address,
        built_in: None,
        who: Who::Managed,
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "client_id",
        registry_name: "ClientId",
        title: "Client ID at NHS CIS2 Authentication",
        meaning: "The client ID under which your gateway is registered with the issuer. RA Desk does not start without it.",
        kind: Kind::Text { most: 200 },
        built_in: None,
        who: Who::Managed,
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "organisation",
        registry_name: "Organisation",
        title: "Name of the organisation",
        meaning: "Shown before anybody has signed in, so that people see whose computer this is. It decides nothing.",
        kind: Kind::Text { most: 100 },
        built_in: None,
        who: Who::Managed,
        if_wrong: IfWrong::UseBuiltIn,
    },
    Key {
        name: "kiosk",
        registry_name: "Kiosk",
        title: "Kiosk mode",
        meaning: "RA Desk starts full screen, shows the sign-in in a window of its own, and is left only by a signed-in RA user. The same as starting it with --kiosk.",
        kind: Kind::YesNo,
        built_in: Some("false"),
        who: Who::Managed,
        // What is built in is looser than what somebody may have meant.
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "issuer_hosts",
        registry_name: "IssuerHosts",
        title: "Other sites of the sign-in in kiosk mode",
        meaning: "Host names, apart by commas, whose pages the kiosk's sign-in window may show besides the issuer's own, for instance login.microsoftonline.com. Hosts below them are meant too. Without kiosk mode the person's own browser shows the sign-in.",
        kind: Kind::Text { most: 1000 },
        built_in: None,
        who: Who::Managed,
        if_wrong: IfWrong::UseBuiltIn,
    },
    Key {
        name: "acr_values",
        registry_name: "AcrValues",
        title: "Strength of sign-in",
        meaning: "The authentication context values asked of NHS CIS2 Authentication. A weaker sign-in is refused.",
        kind: Kind::AuthenticationContexts,
        built_in: Some("AAL3_ANY"),
        who: Who::Managed,
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "scopes",
        registry_name: "Scopes",
        title: "Scopes",
        meaning: "What is asked of NHS CIS2 Authentication about the RA user.",
        kind: Kind::Scopes,
        built_in: Some("openid profile nationalrbacaccess associatedorgs selectedrole"),
        who: Who::Managed,
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "redirect_ports",
        registry_name: "RedirectPorts",
        title: "Ports for the sign-in's return",
        meaning: "Ports on 127.0.0.1 at which the browser hands the sign-in back, tried in this order. The issuer must know each of them.",
        kind: Kind::Ports,
        built_in: Some("49411 49412 49413 49414"),
        who: Who::Managed,
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "trust",
        registry_name: "Trust",
        title: "Which certificates are trusted",
        meaning: "Whose certificates RA Desk believes when it speaks to the gateway and the issuer.",
        kind: Kind::OneOf(&[
            choice("platform", "those that Windows or Linux trusts on this computer"),
            choice("platform_plus", "those, and the authority in trust_ca"),
            choice("only", "the authority in trust_ca alone"),
        ]),
        built_in: Some("platform"),
        who: Who::Managed,
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "trust_ca",
        registry_name: "TrustCa",
        title: "Certificate authority file",
        meaning: "The PEM file of an authority that RA Desk is to trust, for instance your proxy's. Used with trust set to platform_plus or only.",
        kind: Kind::File,
        built_in: None,
        who: Who::Managed,
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "proxy",
        registry_name: "Proxy",
        title: "Proxy",
        meaning: "How RA Desk finds the proxy to the internet.",
        kind: Kind::OneOf(&[
            choice("system", "as the operating system is set up, including automatic detection on Windows"),
            choice("none", "no proxy"),
            choice("fixed", "the proxy in proxy_url"),
            choice("pac", "the automatic configuration script at proxy_pac_url (Windows)"),
        ]),
        built_in: Some("system"),
        who: Who::Managed,
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "proxy_url",
        registry_name: "ProxyUrl",
        title: "Address of the proxy",
        meaning: "Used with proxy set to fixed, for instance http://proxy.trust.example:8080. Holds no user name and no password.",
        kind: Kind::PlainAddress,
        built_in: None,
        who: Who::Managed,
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "proxy_pac_url",
        registry_name: "ProxyPacUrl",
        title: "Address of the proxy script",
        meaning: "Used with proxy set to pac, for instance http://wpad.trust.example/proxy.pac.",
        kind: Kind::PlainAddress,
        built_in: None,
        who: Who::Managed,
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "proxy_bypass",
        registry_name: "ProxyBypass",
        title: "Reached without the proxy",
        meaning: "Host names and addresses, apart by commas, that are reached directly. Used with proxy set to fixed.",
        kind: Kind::Text { most: 1000 },
        built_in: None,
        who: Who::Managed,
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "idle_minutes",
        registry_name: "IdleMinutes",
        title: "Minutes without input before the session ends",
        meaning: "RA Desk warns two minutes before. NHS CIS2 Authentication allows at most 15.",
        kind: Kind::Whole { least: 5, most: 15, unit: "minutes" },
        built_in: Some("15"),
        who: Who::Managed,
        if_wrong: IfWrong::UseBuiltIn,
    },
    Key {
        name: "offline_recording",
        registry_name: "OfflineRecording",
        title: "Recording without a network",
        meaning: "Whether registrations may be recorded on this computer while the gateway cannot be reached. They wait encrypted until they are sent.",
        kind: Kind::YesNo,
        built_in: Some("true"),
        who: Who::Managed,
        // What is built in is looser than what somebody may have meant.
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "computer_name",
        registry_name: "ComputerName",
        title: "Name of this computer",
        meaning: "What RA users and their manager are shown when registrations wait on this computer and they are at another, for instance its asset tag. The gateway keeps it. Without it they see a short number.",
        kind: Kind::ComputerName,
        built_in: None,
        who: Who::Managed,
        if_wrong: IfWrong::UseBuiltIn,
    },
    Key {
        name: "second_copy_folder",
        registry_name: "SecondCopyFolder",
        title: "Folder for a second copy",
        meaning: "A folder on a second disk or a USB stick. Each registration that is recorded is also appended to a file there, which only your gateway can open. The folder must be there: RA Desk does not make it, so that nothing is written elsewhere while the disk is away. Without it there is no second copy.",
        kind: Kind::Folder,
        built_in: None,
        who: Who::Managed,
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "second_copy_key",
        registry_name: "SecondCopyKey",
        title: "Public key for the second copy",
        meaning: "The gateway's public key that second copies are sealed to, as ra-gateway --check prints it. Without it RA Desk takes the one its gateway names at the first sign-in, and takes no other afterwards unless the gateway says that it follows that one.",
        kind: Kind::PublicKey,
        built_in: None,
        who: Who::Managed,
        // Whoever has the other half reads everything in the copy.
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "countersigning_key",
        registry_name: "CountersigningKey",
        title: "Public key that the audit is countersigned with",
        meaning: "The gateway's public key that it countersigns audits with, as ra-gateway --check prints it. Without it RA Desk takes the one its gateway names first, and another afterwards only where the gateway shows that it follows that one. What any other key has signed is not believed.",
        kind: Kind::PublicKey,
        built_in: None,
        who: Who::Managed,
        if_wrong: IfWrong::Refuse,
    },
    Key {
        name: "log_level",
        registry_name: "LogLevel",
        title: "How much is logged",
        meaning: "What goes to RA Desk's log files. No level logs personal data.",
        kind: Kind::OneOf(&[
            choice("error", "what failed"),
            choice("warn", "and what is odd"),
            choice("info", "and what was done"),
            choice("debug", "and how"),
        ]),
        built_in: Some("info"),
        who: Who::Managed,
        if_wrong: IfWrong::UseBuiltIn,
    },
    Key {
        name: "log_megabytes",
        registry_name: "LogMegabytes",
        title: "Size of a log file",
        meaning: "A log file that has grown to this size is closed and a new one begun.",
        kind: Kind::Whole { least: 1, most: 100, unit: "megabytes" },
        built_in: Some("10"),
        who: Who::Managed,
        if_wrong: IfWrong::UseBuiltIn,
    },
    Key {
        name: "log_files",
        registry_name: "LogFiles",
        title: "Number of log files",
        meaning: "How many log files are kept. The oldest goes first.",
        kind: Kind::Whole { least: 1, most: 50, unit: "files" },
        built_in: Some("5"),
        who: Who::Managed,
        if_wrong: IfWrong::UseBuiltIn,
    },
    Key {
        name: "zoom_percent",
        registry_name: "ZoomPercent",
        title: "Size of text and controls",
        meaning: "How large RA Desk shows its pages when it starts. It can be changed with Ctrl and + or - at any time.",
        kind: Kind::Whole { least: 50, most: 400, unit: "per cent" },
        built_in: Some("100"),
        who: Who::Anybody,
        if_wrong: IfWrong::UseBuiltIn,
    },
];

impl Key {
    /// What may stand there, in words for a message or a table.
    pub fn range(&self) -> String {
        match self.kind {
            Kind::Address => "an address that begins with https://, without user, password, query or fragment".into(),
            Kind::PlainAddress => {
                "an address that begins with http:// or https://, without user name and password".into()
            }
            Kind::Text { most } => format!("text of 1 to {most} characters"),
            Kind::File => "the full path of a file".into(),
            Kind::Folder => "the full path of a folder".into(),
            Kind::PublicKey => "64 hexadecimal digits, in small letters".into(),
            Kind::ComputerName => "1 to 40 letters, digits, spaces, hyphens, underscores and full stops".into(),
            Kind::YesNo => "true or false (1 or 0 in the registry)".into(),
            Kind::Whole { least, most, unit } => format!("{least} to {most} {unit}"),
            Kind::OneOf(choices) => {
                let words: Vec<_> = choices.iter().map(|choice| choice.word).collect();
                format!("one of {}", words.join(", "))
            }
            Kind::Ports => "1 to 16 port numbers from 1024 to 65535, apart by spaces".into(),
            Kind::AuthenticationContexts => "words such as AAL3_ANY, apart by spaces".into(),
            Kind::Scopes => "words apart by spaces, openid among them".into(),
        }
    }
}
