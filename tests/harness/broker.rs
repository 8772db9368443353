//! A real MQTT broker, mosquitto, with TLS and credentials.

use std::{
    collections::VecDeque,
    fs::{self, File},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use champollion_databases::free_port;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rumqttc::{Client, Connection, Event, MqttOptions, Outgoing, Packet, Publish, QoS};
use tempfile::TempDir;

/// Where Debian puts it, which is not in everybody's path.
const MOSQUITTO: &str = "/usr/sbin/mosquitto";

/// A broker listens within milliseconds; on a machine that does much else, within seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// The name and the password that the broker lets in.
pub const BROKER_USER: (&str, &str) = ("champollion", "correct horse");

/// A broker on ports that are free: one with TLS and one without, both with credentials, and one that
/// asks for a certificate in their place.
pub struct Broker {
    folder: TempDir,
    process: Child,
    tls_port: u16,
    plain_port: u16,
    mutual_port: u16,
}

/// Somebody who is connected to a broker, as a network server is.
pub struct MqttClient {
    client: Client,
    connection: Connection,
    /// Messages that came while something else was waited for.
    early: VecDeque<Publish>,
}

impl Broker {
    /// Starts a broker that keeps all that it should.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a broker with other values of some of its settings: `("persistence", "false")`.
    #[must_use]
    pub fn start_with(changes: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("there is room for a folder");
        let [tls_port, plain_port, mutual_port] = [(); 3].map(|()| free_port());
        certificates(folder.path());
        let password_file = folder.path().join("passwords");
        let (user, password) = BROKER_USER;
        let made = Command::new("mosquitto_passwd")
            .args(["-b", "-c"])
            .arg(&password_file)
            .args([user, password])
            .stdin(Stdio::null())
            .status()
            .expect("mosquitto is missing: `cargo xtask test` installs it");
        assert!(made.success(), "the file of passwords cannot be made");
        let config = format!(
            "user root\n\
             allow_anonymous false\n\
             password_file {passwords}\n\
             persistence true\n\
             persistence_location {folder}/\n\
             max_inflight_messages 200\n\
             max_queued_messages 100000\n\
             listener {plain_port} 127.0.0.1\n\
             listener {tls_port} 127.0.0.1\n\
             certfile {folder}/broker.pem\n\
             keyfile {folder}/broker.key\n\
             listener {mutual_port} 127.0.0.1\n\
             cafile {folder}/ca.pem\n\
             certfile {folder}/broker.pem\n\
             keyfile {folder}/broker.key\n\
             require_certificate true\n\
             use_identity_as_username true\n",
            passwords = password_file.display(),
            folder = folder.path().display(),
        );
        let changed = |line: &str| {
            let (name, _) = line.split_once(' ').unwrap_or((line, ""));
            let other = changes.iter().find(|(changed, _)| *changed == name);
            other.map_or_else(|| line.to_owned(), |(_, value)| format!("{name} {value}"))
        };
        let config: Vec<String> = config.lines().map(changed).collect();
        fs::write(folder.path().join("mosquitto.conf"), config.join("\n")).expect("it is written");
        fs::write(folder.path().join("password"), password).expect("it is written");
        let process = spawn(folder.path());
        let broker = Self { folder, process, tls_port, plain_port, mutual_port };
        broker.wait();
        broker
    }

    /// Stops it, as a person does who stops it for a while: what it keeps for others it writes down.
    pub fn stop(&mut self) {
        let number = i32::try_from(self.process.id()).expect("a process has a small number");
        let process = rustix::process::Pid::from_raw(number).expect("a process has a number");
        rustix::process::kill_process(process, rustix::process::Signal::TERM)
            .expect("the broker can be signalled");
        crate::cli::wait(&mut self.process, PATIENCE).expect("the broker does not stop");
    }

    /// Starts it again on the same ports.
    pub fn restart(&mut self) {
        self.process = spawn(self.folder.path());
        self.wait();
    }

    /// Where it is, with TLS.
    #[must_use]
    pub fn tls_url(&self) -> String {
        format!("mqtts://localhost:{}", self.tls_port)
    }

    /// Where it is, without TLS.
    #[must_use]
    pub fn plain_url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.plain_port)
    }

    /// A file of its folder: `ca.pem`, `other-ca.pem`, `password`.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The settings of a connection to it with TLS and credentials.
    #[must_use]
    pub fn settings(&self) -> String {
        format!(
            "url = \"{}\"\nusername = \"{}\"\npassword-file = \"{}\"\nca-file = \"{}\"\n",
            self.tls_url(),
            BROKER_USER.0,
            self.file("password").display(),
            self.file("ca.pem").display()
        )
    }

    /// The settings of a connection to it by a certificate.
    #[must_use]
    pub fn settings_with_certificate(&self) -> String {
        format!(
            "url = \"mqtts://localhost:{}\"\nca-file = \"{}\"\n\
             certificate-file = \"{}\"\nkey-file = \"{}\"\n",
            self.mutual_port,
            self.file("ca.pem").display(),
            self.file("client.pem").display(),
            self.file("client.key").display()
        )
    }

    /// Somebody who is connected to it.
    #[must_use]
    pub fn connect(&self, name: &str) -> MqttClient {
        self.connect_with(name, true)
    }

    fn connect_with(&self, name: &str, clean_session: bool) -> MqttClient {
        let mut options = MqttOptions::new(name, "127.0.0.1", self.plain_port);
        options.set_credentials(BROKER_USER.0, BROKER_USER.1);
        options.set_max_packet_size(4 << 20, 4 << 20);
        options.set_clean_session(clean_session);
        let (client, connection) = Client::new(options, 1_000);
        MqttClient { client, connection, early: VecDeque::new() }
    }

    /// Somebody who takes over the session that the broker keeps for a client which is away; nobody where it keeps
    /// none.
    #[must_use]
    pub fn take_over(&self, name: &str) -> Option<MqttClient> {
        let mut client = self.connect_with(name, false);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(Packet::ConnAck(answer)) = client.next(deadline) {
                return answer.session_present.then_some(client);
            }
        }
    }

    fn wait(&self) {
        let deadline = Instant::now() + PATIENCE;
        for port in [self.tls_port, self.plain_port] {
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                assert!(Instant::now() < deadline, "the broker does not listen:\n{}", self.log());
                thread::sleep(Duration::from_millis(20));
            }
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap_or_default()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Where it has ended already there is nothing to end.
        drop(self.process.kill());
        drop(self.process.wait());
        if thread::panicking() {
            eprintln!("the broker's log:\n{}", self.log());
        }
    }
}

impl MqttClient {
    /// Publishes messages, and waits until the broker has them all.
    pub fn publish(&mut self, messages: &[(String, Vec<u8>)]) {
        let (mut sent, mut missing) = (messages.iter(), messages.len());
        let deadline = Instant::now() + PATIENCE;
        let mut under_way = 0;
        while missing > 0 {
            while under_way < 50
                && let Some((topic, payload)) = sent.next()
            {
                let publish =
                    self.client.publish(topic.as_str(), QoS::AtLeastOnce, false, payload.clone());
                publish.expect("there is room for a message");
                under_way += 1;
            }
            match self.next(deadline) {
                Some(Packet::PubAck(_)) => {
                    under_way -= 1;
                    missing -= 1;
                }
                Some(Packet::Publish(publish)) => self.early.push_back(publish),
                _ => {}
            }
        }
    }

    /// Publishes a message once: nothing says whether the broker has it.
    pub fn publish_once(&mut self, topic: &str, payload: Vec<u8>) {
        self.client.publish(topic, QoS::AtMostOnce, false, payload).expect("there is room");
        let deadline = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < deadline, "the message is not written");
            match self.connection.recv_timeout(Duration::from_millis(100)) {
                Ok(Ok(Event::Outgoing(Outgoing::Publish(_)))) => return,
                Ok(Ok(Event::Incoming(Packet::Publish(publish)))) => self.early.push_back(publish),
                _ => {}
            }
        }
    }

    /// Publishes messages with QoS 0, and waits until the broker has them all.
    pub fn publish_unassured(&mut self, messages: &[(String, Vec<u8>)]) {
        for (topic, payload) in messages {
            let publish =
                self.client.publish(topic.as_str(), QoS::AtMostOnce, false, payload.clone());
            publish.expect("there is room for a message");
        }
        // What comes behind them is acknowledged once they are there.
        self.publish(&[("behind".to_owned(), Vec::new())]);
    }

    /// Subscribes to a topic.
    pub fn subscribe(&mut self, topic: &str) {
        self.client.subscribe(topic, QoS::AtLeastOnce).expect("there is room for a request");
        let deadline = Instant::now() + PATIENCE;
        while !matches!(self.next(deadline), Some(Packet::SubAck(_))) {}
    }

    /// The next message of the topics that are subscribed to.
    pub fn receive(&mut self) -> Publish {
        if let Some(publish) = self.early.pop_front() {
            return publish;
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(Packet::Publish(publish)) = self.next(deadline) {
                return publish;
            }
        }
    }

    /// Whether no message comes for a while.
    pub fn is_silent(&mut self, time: Duration) -> bool {
        if !self.early.is_empty() {
            return false;
        }
        let end = Instant::now() + time;
        while Instant::now() < end {
            if let Ok(Ok(Event::Incoming(Packet::Publish(_)))) =
                self.connection.recv_timeout(Duration::from_millis(50))
            {
                return false;
            }
        }
        true
    }

    fn next(&mut self, deadline: Instant) -> Option<Packet> {
        assert!(Instant::now() < deadline, "the broker does not answer");
        match self.connection.recv_timeout(Duration::from_millis(100)) {
            Ok(Ok(Event::Incoming(packet))) => Some(packet),
            Ok(Ok(Event::Outgoing(Outgoing::Disconnect))) => panic!("the broker is gone"),
            Ok(Ok(Event::Outgoing(_))) | Err(_) => None,
            Ok(Err(error)) => panic!("the connection to the broker is lost: {error}"),
        }
    }
}

fn spawn(folder: &Path) -> Child {
    let log = File::options().create(true).append(true).open(folder.join("log"));
    let log = log.expect("the log can be written");
    let program = if Path::new(MOSQUITTO).exists() { MOSQUITTO } else { "mosquitto" };
    Command::new(program)
        .arg("-c")
        .arg(folder.join("mosquitto.conf"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("mosquitto is missing: `cargo xtask test` installs it")
}

/// Certificates for `localhost`, one of them expired, and for a client by a CA of their own, and the CA of
/// somebody else.
pub(crate) fn certificates(folder: &Path) {
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).expect("no name is a good one");
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("there is randomness");
        let certificate = params.self_signed(&key).expect("it can be signed");
        (certificate.pem(), Issuer::new(params, key))
    };
    let write = |name: &str, text: &str| {
        fs::write(folder.join(name), text).expect("it is written");
    };
    let (ca, issuer) = authority("test CA");
    let (other, _) = authority("another CA");
    let signed = |name: &str| {
        let key = KeyPair::generate().expect("there is randomness");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("it is a name");
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let certificate = params.signed_by(&key, &issuer).expect("it can be signed");
        (certificate.pem(), key.serialize_pem())
    };
    let (broker, client) = (signed("localhost"), signed(BROKER_USER.0));
    write("ca.pem", &ca);
    write("other-ca.pem", &other);
    write("broker.pem", &broker.0);
    write("broker.key", &broker.1);
    let mut long_ago = CertificateParams::new(vec!["localhost".to_owned()]).expect("it is a name");
    long_ago.not_before = rcgen::date_time_ymd(2020, 1, 1);
    long_ago.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let key = KeyPair::generate().expect("there is randomness");
    let expired = long_ago.signed_by(&key, &issuer).expect("it can be signed");
    write("expired.pem", &expired.pem());
    write("expired.key", &key.serialize_pem());
    write("client.pem", &client.0);
    write("client.key", &client.1);
}
