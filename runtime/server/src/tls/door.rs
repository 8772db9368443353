//! The door through which clients come that speak TLS. It has the pair of its files at every moment: a new one is for
//! handshakes from then on, and connections that are open stay as they are.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use parking_lot::{Mutex, RwLock};
use rustls::{
    ServerConfig,
    crypto::CryptoProvider,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio_rustls::TlsAcceptor;

use super::{
    TlsError, TlsSettings,
    pair::{Files, Pair},
    validity::Validity,
};

/// The name of HTTP/2 in handshakes.
pub const HTTP2: &[u8] = b"h2";

/// The name of HTTP/1.1 in handshakes.
const HTTP1: &[u8] = b"http/1.1";

/// The time before the end of a certificate from which on the log warns.
const ENDS_SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The pause between two such warnings.
const WARNING_PERIOD: Duration = Duration::from_secs(24 * 60 * 60);

/// A door with its certificate and key.
pub struct Door {
    settings: TlsSettings,
    provider: Arc<CryptoProvider>,
    acceptor: TlsAcceptor,
    current: Arc<Current>,
    looks: Mutex<Looks>,
}

/// The pair that handshakes are made with.
struct Current(RwLock<Arc<CertifiedKey>>);

/// The memory of the looks at the files.
struct Looks {
    /// The bytes that were seen last, be they good or not; `None` where they could not be read.
    seen: Option<Files>,
    validity: Validity,
    warned: Option<Instant>,
}

impl Door {
    /// Opens the door with what the files hold now.
    pub(super) fn open(settings: &TlsSettings) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let files = Files::read(settings)?;
        let Pair { certified, validity } = files.pair(settings, &provider, Timestamp::now())?;
        let current = Arc::new(Current(RwLock::new(certified)));
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let looks = Mutex::new(Looks { seen: Some(files), validity, warned: None });
        let door = Self { settings: settings.clone(), provider, acceptor, current, looks };
        door.tell_of_the_end();
        Ok(door)
    }

    /// Returns what makes handshakes.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }

    /// Returns the end of the certificate, where it has one.
    #[must_use]
    pub fn ends(&self) -> Option<Timestamp> {
        self.looks.lock().validity.ends()
    }

    /// Looks at the files again and again, for ever.
    pub async fn stay_current(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(self.settings.look_time());
        loop {
            ticks.tick().await;
            let door = Arc::clone(&self);
            // A look that panics is followed by the next one.
            drop(tokio::task::spawn_blocking(move || door.look()).await);
        }
    }

    /// Looks at the files, and takes a new pair where it is good. A fault is told once, until the files change.
    fn look(&self) {
        let mut looks = self.looks.lock();
        match Files::read(&self.settings) {
            Ok(files) if looks.seen.as_ref() != Some(&files) => {
                match files.pair(&self.settings, &self.provider, Timestamp::now()) {
                    Ok(pair) => {
                        *self.current.0.write() = pair.certified;
                        (looks.validity, looks.warned) = (pair.validity, None);
                        tracing::info!(ends = %shown(pair.validity.ends()), "a new certificate is in use");
                    }
                    Err(error) => stays(&error),
                }
                looks.seen = Some(files);
            }
            Ok(_) => {}
            Err(error) => {
                if looks.seen.take().is_some() {
                    stays(&error);
                }
            }
        }
        drop(looks);
        self.tell_of_the_end();
    }

    /// Shows the end of the certificate among the metrics, and warns of it once a day when it is near.
    fn tell_of_the_end(&self) {
        let mut looks = self.looks.lock();
        let Some(ends) = looks.validity.ends() else { return };
        metrics::gauge!("champollion_certificate_end_seconds").set(ends.as_second() as f64);
        if looks.must_warn((Timestamp::now(), Instant::now())) {
            let file = self.settings.certificate_file.display();
            tracing::warn!(%ends, %file, "the certificate of [tls] ends soon: renew it");
        }
    }
}

impl Looks {
    /// Whether the end is so near that the log warns, which it does once a day.
    fn must_warn(&mut self, (moment, now): (Timestamp, Instant)) -> bool {
        let ends = self.validity.ends();
        let is_near = ends.is_some_and(|ends| ends.duration_since(moment) <= ENDS_SOON);
        let is_told = self.warned.is_some_and(|warned| now.duration_since(warned) < WARNING_PERIOD);
        let must_warn = is_near && !is_told;
        if must_warn {
            self.warned = Some(now);
        }
        must_warn
    }
}

fn stays(error: &TlsError) {
    tracing::warn!(%error, "the files of [tls] cannot be used: the certificate before stays in use");
}

fn shown(ends: Option<Timestamp>) -> String {
    ends.map_or_else(|| "never".to_owned(), |ends| ends.to_string())
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read()))
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the certificate in use")
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink, path::PathBuf};

    use rcgen::{CertificateParams, KeyPair};
    use tempfile::TempDir;

    use super::*;

    /// The folders of certbot: in `archive` the files of each renewal, in `live` links to the last ones.
    struct Certbot(TempDir);

    impl Certbot {
        fn new() -> Self {
            let folder = TempDir::new().unwrap();
            for name in ["archive", "live"] {
                fs::create_dir_all(folder.path().join(name).join("city.example")).unwrap();
            }
            Self(folder)
        }

        fn link(&self, name: &str) -> PathBuf {
            self.0.path().join("live/city.example").join(format!("{name}.pem"))
        }

        fn settings(&self) -> TlsSettings {
            let (certificate_file, key_file) = (self.link("fullchain"), self.link("privkey"));
            let (look_seconds, strict_transport_seconds) = (1, 0);
            TlsSettings { certificate_file, key_file, look_seconds, strict_transport_seconds }
        }

        /// Writes the files of a renewal beside the former ones, and gives its certificate.
        fn renew(&self, number: u8) -> Vec<u8> {
            let key = KeyPair::generate().unwrap();
            let names = vec!["localhost".to_owned()];
            let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
            let folder = self.0.path().join("archive/city.example");
            fs::write(folder.join(format!("fullchain{number}.pem")), certificate.pem()).unwrap();
            fs::write(folder.join(format!("privkey{number}.pem")), key.serialize_pem()).unwrap();
            certificate.der().to_vec()
        }

        /// Points a link at the file of a renewal, where there is no such link.
        fn point(&self, name: &str, number: u8) {
            let target = format!("../../archive/city.example/{name}{number}.pem");
            symlink(target, self.link(name)).unwrap();
        }
    }

    #[test]
    fn the_links_of_certbot_are_followed_also_while_it_changes_them() {
        let certbot = Certbot::new();
        let first = certbot.renew(1);
        for name in ["fullchain", "privkey"] {
            certbot.point(name, 1);
        }
        let door = Door::open(&certbot.settings()).unwrap();
        let in_use = |door: &Door| {
            door.look();
            door.current.0.read().cert[0].to_vec()
        };
        assert_eq!(in_use(&door), first);

        let second = certbot.renew(2);
        assert_eq!(in_use(&door), first, "no link points at it");
        // A link is taken away before it is made anew, one after the other; a look may fall in between.
        for (name, then) in [("fullchain", &first), ("privkey", &second)] {
            fs::remove_file(certbot.link(name)).unwrap();
            assert_eq!(in_use(&door), first, "{name} is away");
            certbot.point(name, 2);
            assert_eq!(in_use(&door), *then, "{name} is there");
        }

        // Other tools put a link in the place of the former one, and of a whole folder, in one step.
        let third = certbot.renew(3);
        let folder = certbot.0.path().join("live/city.example");
        let next = certbot.0.path().join("live/next");
        fs::create_dir(&next).unwrap();
        for name in ["fullchain", "privkey"] {
            let target = format!("../../archive/city.example/{name}3.pem");
            symlink(target, next.join(format!("{name}.pem"))).unwrap();
            fs::rename(next.join(format!("{name}.pem")), folder.join(format!("{name}.pem")))
                .unwrap();
        }
        assert_eq!(in_use(&door), third);
    }

    #[test]
    fn the_end_of_a_certificate_is_told_once_a_day_from_fourteen_days_before() {
        let (day, begin) = (Duration::from_secs(86_400), Instant::now());
        let start: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
        let validity = Validity::until(Some(start + SignedDuration::from_hours(20 * 24)));
        let mut looks = Looks { seen: None, validity, warned: None };
        let told = (0..=20 * 24).filter(|hour| {
            let moment = start + SignedDuration::from_hours(i64::from(*hour));
            looks.must_warn((moment, begin + day / 24 * *hour))
        });
        let expected: Vec<u32> = (6..=20).map(|day| day * 24).collect();
        assert_eq!(told.collect::<Vec<u32>>(), expected);
        let mut endless = Looks { seen: None, validity: Validity::until(None), warned: None };
        assert!(!endless.must_warn((start, begin)));
    }
}
