//! A server of a test's own, over TLS on this computer: gone once it is dropped.

use std::net::TcpListener;

use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use tests::Outcome;
use tokio::task::JoinHandle;

/// A port that is taken, and that nothing answers at yet: what answers may have to know its own address.
pub struct Taken {
    listener: TcpListener,
    port: u16,
}

/// A running server. It ends when it is dropped.
pub struct Serving {
    task: JoinHandle<()>,
}

impl Taken {
    /// Takes a free port.
    pub fn free() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// The address of a path, as everybody knows it.
    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    /// Answers there from now on.
    pub fn serve(self, tls: RustlsConfig, router: Router) -> Outcome<Serving> {
        let server = axum_server::from_tcp_rustls(self.listener, tls)?;
        let task = tokio::spawn(async move {
            // It ends with the test.
            let _ = server.serve(router.into_make_service()).await;
        });
        Ok(Serving { task })
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}
