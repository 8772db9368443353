//! A certificate authority of the tests' own.

use jiff::civil::Date;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

/// A certificate authority for tests.
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A day: its year, month and date.
type Day = (i32, u8, u8);

/// A certificate and its key, as PEM.
pub struct Issued {
    /// The certificate as PEM.
    pub certificate: String,
    /// The key as PEM.
    pub key: String,
}

impl Authority {
    /// An authority that nobody else knows.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no name is a good one");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("there is randomness");
        let pem = params.self_signed(&key).expect("it can be signed").pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// Its own certificate, as PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate of a server called `localhost`.
    #[must_use]
    pub fn server(&self) -> Issued {
        self.issue(None)
    }

    /// The same that is good no more.
    #[must_use]
    pub fn expired_server(&self) -> Issued {
        self.issue(Some(((2020, 1, 1), (2021, 1, 1))))
    }

    /// The same that ends at the begin of a day, by UTC.
    #[must_use]
    pub fn server_until(&self, day: Date) -> Issued {
        let [month, date] =
            [day.month(), day.day()].map(|part| part.try_into().expect("it counts from 1"));
        self.issue(Some(((2020, 1, 1), (day.year().into(), month, date))))
    }

    fn issue(&self, days: Option<(Day, Day)>) -> Issued {
        let key = KeyPair::generate().expect("there is randomness");
        let names = vec!["localhost".to_owned()];
        let mut params = CertificateParams::new(names).expect("it is a name");
        params.distinguished_name.push(DnType::CommonName, "localhost");
        if let Some(days) = days {
            let [begins, ends] =
                [days.0, days.1].map(|(year, month, day)| date_time_ymd(year, month, day));
            (params.not_before, params.not_after) = (begins, ends);
        }
        let certificate = params.signed_by(&key, &self.issuer).expect("it can be signed").pem();
        Issued { certificate, key: key.serialize_pem() }
    }
}
