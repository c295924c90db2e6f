//! Windows' answer, by WinHTTP: automatic detection, a PAC file, the person's proxy, the machine's proxy.

use std::ffi::c_void;
use std::sync::mpsc;
use std::time::Duration;

use desk::{ProxyAnswer, ProxyBypass, ProxyFinderError, ProxyHop, ProxySource};
use url::Url;
use windows::Win32::Foundation::{GlobalFree, HGLOBAL};
use windows::Win32::Networking::WinHttp::{
    ERROR_WINHTTP_LOGIN_FAILURE, WINHTTP_ACCESS_TYPE_NAMED_PROXY, WINHTTP_ACCESS_TYPE_NO_PROXY,
    WINHTTP_AUTO_DETECT_TYPE_DHCP, WINHTTP_AUTO_DETECT_TYPE_DNS_A, WINHTTP_AUTOPROXY_AUTO_DETECT,
    WINHTTP_AUTOPROXY_CONFIG_URL, WINHTTP_AUTOPROXY_OPTIONS, WINHTTP_CURRENT_USER_IE_PROXY_CONFIG, WINHTTP_PROXY_INFO,
    WinHttpCloseHandle, WinHttpGetDefaultProxyConfiguration, WinHttpGetIEProxyConfigForCurrentUser,
    WinHttpGetProxyForUrl, WinHttpOpen,
};
use windows::core::{HSTRING, PCWSTR, PWSTR};

use super::list;

/// How long the network may take to say where its PAC file is. It is looked for on most computers and found on few,
/// so that is no fault.
const DETECTING: Duration = Duration::from_secs(4);
/// How long a PAC file may take to come and to answer.
const RUNNING: Duration = Duration::from_secs(7);

/// What this computer, and whoever is signed in to it, is set to use.
pub fn of_system(url: &Url) -> Result<ProxyAnswer, ProxyFinderError> {
    let person = Person::read();
    if person.detect
        && let Some(Ok(answer)) = within(DETECTING, url, None)
    {
        return Ok(answer);
    }
    let said = person.pac.map(|pac| of_pac_text(url, pac));
    match (said, person.proxy) {
        (Some(Ok(answer)), _) => Ok(answer),
        // As Windows' own programs do: the proxy that is set beside a PAC file is what to fall back on.
        (_, Some(proxy)) => listed(url, &proxy, &person.bypass),
        (Some(Err(error)), None) => Err(error),
        (None, None) => machine(url),
    }
}

/// What a PAC file says.
pub fn of_pac(url: &Url, pac: &Url) -> Result<ProxyAnswer, ProxyFinderError> {
    of_pac_text(url, pac.to_string())
}

fn of_pac_text(url: &Url, pac: String) -> Result<ProxyAnswer, ProxyFinderError> {
    within(RUNNING, url, Some(pac))
        .unwrap_or_else(|| Err(ProxyFinderError::PacFailed("it did not answer in time".into())))
}

/// The machine's own proxy (`netsh winhttp`), which also holds for accounts that set nothing.
fn machine(url: &Url) -> Result<ProxyAnswer, ProxyFinderError> {
    let mut info = WINHTTP_PROXY_INFO::default();
    // SAFETY: the structure is valid for writes; the strings it comes back with are taken below.
    #[expect(unsafe_code, reason = "WinHTTP is a C interface")]
    let got = unsafe { WinHttpGetDefaultProxyConfiguration(&raw mut info) };
    let (proxy, bypass) = (taken(info.lpszProxy), taken(info.lpszProxyBypass));
    match proxy {
        Some(proxy) if got.is_ok() && info.dwAccessType == WINHTTP_ACCESS_TYPE_NAMED_PROXY => {
            listed(url, &proxy, &bypass.unwrap_or_default())
        }
        _ => Ok(ProxyAnswer { hops: vec![ProxyHop::Direct], source: ProxySource::Nobody }),
    }
}

fn listed(url: &Url, proxies: &str, bypass: &str) -> Result<ProxyAnswer, ProxyFinderError> {
    let hops = if ProxyBypass::of_list(bypass).covers(url) { vec![ProxyHop::Direct] } else { list::parse(proxies)? };
    Ok(ProxyAnswer { hops, source: ProxySource::Windows })
}

/// What the person's settings say (Internet options, or a policy over them).
struct Person {
    detect: bool,
    pac: Option<String>,
    proxy: Option<String>,
    bypass: String,
}

impl Person {
    /// An account without settings of its own sets nothing.
    fn read() -> Self {
        let mut config = WINHTTP_CURRENT_USER_IE_PROXY_CONFIG::default();
        // SAFETY: the structure is valid for writes; the strings it comes back with are taken below.
        #[expect(unsafe_code, reason = "WinHTTP is a C interface")]
        let got = unsafe { WinHttpGetIEProxyConfigForCurrentUser(&raw mut config) };
        Self {
            detect: got.is_ok() && config.fAutoDetect.as_bool(),
            pac: taken(config.lpszAutoConfigUrl),
            proxy: taken(config.lpszProxy),
            bypass: taken(config.lpszProxyBypass).unwrap_or_default(),
        }
    }
}

/// Runs a PAC file, the network's own where none is named, on a thread that may outlive our patience: WinHTTP has no
/// limit of its own. None when that is over.
fn within(limit: Duration, url: &Url, pac: Option<String>) -> Option<Result<ProxyAnswer, ProxyFinderError>> {
    let (done, result) = mpsc::channel();
    let url = url.clone();
    std::thread::spawn(move || {
        // Nobody waits any more when this fails.
        _ = done.send(run(&url, pac.as_deref()));
    });
    result.recv_timeout(limit).ok()
}

fn run(url: &Url, pac: Option<&str>) -> Result<ProxyAnswer, ProxyFinderError> {
    let session = Session::open()?;
    let file = pac.map(HSTRING::from);
    let answer = session.ask(url, file.as_ref(), false);
    // The file's own server may want to know who asks. Windows says so to servers of the intranet alone.
    let answer = match answer {
        Err(code) if code == ERROR_WINHTTP_LOGIN_FAILURE => session.ask(url, file.as_ref(), true),
        answer => answer,
    };
    let list = answer.map_err(|code| ProxyFinderError::PacFailed(format!("Windows error {code}")))?;
    let hops = list.map_or_else(|| Ok(vec![ProxyHop::Direct]), |list| list::parse(&list))?;
    Ok(ProxyAnswer { hops, source: if pac.is_some() { ProxySource::Pac } else { ProxySource::AutoDetected } })
}

/// A WinHTTP session, closed when it is dropped.
struct Session(*mut c_void);

impl Session {
    fn open() -> Result<Self, ProxyFinderError> {
        // SAFETY: the name is a valid string for the time of the call, the others are none.
        #[expect(unsafe_code, reason = "WinHTTP is a C interface")]
        let session = unsafe {
            WinHttpOpen(&HSTRING::from("RA Desk"), WINHTTP_ACCESS_TYPE_NO_PROXY, PCWSTR::null(), PCWSTR::null(), 0)
        };
        if session.is_null() {
            return Err(ProxyFinderError::Failed("WinHTTP could not be opened".into()));
        }
        Ok(Self(session))
    }

    /// A list of proxies, or none for *straight there*; or Windows' number for what went wrong.
    fn ask(&self, url: &Url, pac: Option<&HSTRING>, as_whom: bool) -> Result<Option<String>, u32> {
        // Only the server is named to a PAC file, never what is asked of it.
        let server = HSTRING::from(&url[..url::Position::BeforePath]);
        let mut options = WINHTTP_AUTOPROXY_OPTIONS { fAutoLogonIfChallenged: as_whom.into(), ..Default::default() };
        match pac {
            Some(pac) => {
                options.dwFlags = WINHTTP_AUTOPROXY_CONFIG_URL;
                options.lpszAutoConfigUrl = PCWSTR(pac.as_ptr());
            }
            None => {
                options.dwFlags = WINHTTP_AUTOPROXY_AUTO_DETECT;
                options.dwAutoDetectFlags = WINHTTP_AUTO_DETECT_TYPE_DHCP | WINHTTP_AUTO_DETECT_TYPE_DNS_A;
            }
        }
        let mut info = WINHTTP_PROXY_INFO::default();
        // SAFETY: the session is open, the strings and structures are valid for the time of the call; the strings it
        // comes back with are taken below.
        #[expect(unsafe_code, reason = "WinHTTP is a C interface")]
        let got = unsafe { WinHttpGetProxyForUrl(self.0, &server, &raw mut options, &raw mut info) };
        let proxies = taken(info.lpszProxy);
        drop(taken(info.lpszProxyBypass));
        // An error of Windows as a result is its number in the low 16 bits.
        got.map_err(|error| error.code().0.cast_unsigned() & 0xffff)?;
        Ok(proxies.filter(|_| info.dwAccessType == WINHTTP_ACCESS_TYPE_NAMED_PROXY))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: it was opened by `open` and is closed once.
        #[expect(unsafe_code, reason = "WinHTTP is a C interface")]
        // Nothing can be done where it cannot be closed.
        unsafe {
            _ = WinHttpCloseHandle(self.0);
        }
    }
}

/// A string that WinHTTP allocated, which is then freed. None where there is none, or nothing in it.
fn taken(text: PWSTR) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: WinHTTP gives strings that end, allocated by GlobalAlloc and to be freed by whoever asked.
    #[expect(unsafe_code, reason = "WinHTTP is a C interface")]
    let owned = unsafe {
        let owned = text.to_string().ok();
        _ = GlobalFree(Some(HGLOBAL(text.0.cast())));
        owned
    };
    owned.filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    const PAC: &str = "function FindProxyForURL(url, host) {\n\
        if (url.indexOf('/v1/') >= 0) return 'PROXY told.too.much:1';\n\
        if (host == 'gateway.example') return 'PROXY proxy.example:3128; PROXY second.example:3129';\n\
        return 'DIRECT';\n}\n";

    /// A web server with a PAC file. Serves until the test's process ends.
    fn serve() -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/proxy.pac", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut request = [0; 4096];
                _ = stream.read(&mut request);
                _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/x-ns-proxy-autoconfig\r\nContent-Length: {}\r\n\
                     Connection: close\r\n\r\n{PAC}",
                    PAC.len()
                );
            }
        });
        Url::parse(&address).unwrap()
    }

    fn spelt(answer: &ProxyAnswer) -> Vec<String> {
        let spelt = answer.hops.iter().map(|hop| match hop {
            ProxyHop::Direct => "direct".to_owned(),
            ProxyHop::Proxy(proxy) => proxy.to_string(),
        });
        spelt.collect()
    }

    #[test]
    fn a_pac_file_is_run_and_hears_of_the_server_alone() {
        let pac = serve();
        let answer = of_pac(&Url::parse("https://gateway.example/v1/session").unwrap(), &pac).unwrap();
        assert_eq!(answer.source, ProxySource::Pac);
        // Wine's WinHTTP passes on the first of a list only.
        assert_eq!(spelt(&answer)[0], "http://proxy.example:3128");
        let answer = of_pac(&Url::parse("https://other.example/v1/session").unwrap(), &pac).unwrap();
        assert_eq!(spelt(&answer), ["direct"]);
    }

    #[test]
    fn a_pac_file_that_is_not_there_is_told() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let nowhere = Url::parse(&format!("http://{free}/proxy.pac")).unwrap();
        let told = of_pac(&Url::parse("https://gateway.example/").unwrap(), &nowhere);
        assert!(matches!(told, Err(ProxyFinderError::PacFailed(_))), "{told:?}");
    }

    #[test]
    fn what_the_computer_is_set_to_is_read() {
        let answer = of_system(&Url::parse("https://gateway.example/").unwrap()).unwrap();
        assert!(!answer.hops.is_empty());
    }
}
