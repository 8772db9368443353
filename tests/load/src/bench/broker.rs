//! A broker with one client, as little as is needed: it hands over frames, and waits for their
//! acknowledgements. What a real broker does beside takes its time from the server that is measured.
//!
//! MQTT 3.1.1, of which the server needs five packets: CONNECT, SUBSCRIBE, PUBLISH, PUBACK, PINGREQ.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::figures_of_requests::Figures;
use crate::meters::Meter;

/// Messages that are not acknowledged yet. Brokers are configured for some hundreds; as with connections
/// of HTTP, with few of them the disk decides alone.
const IN_FLIGHT: usize = 1_000;

/// Before this the measurement does not count: the decoder is compiled.
const WARM_UP: Duration = Duration::from_secs(1);

/// The time that the server may take to connect, and to acknowledge.
const PATIENCE: Duration = Duration::from_secs(60);

/// The first bytes of packets.
const CONNECT: u8 = 0x10;
const CONNACK: u8 = 0x20;
const PUBLISH_QOS_1: u8 = 0x32;
const PUBACK: u8 = 0x40;
const SUBSCRIBE: u8 = 0x82;
const SUBACK: u8 = 0x90;
const PINGREQ: u8 = 0xC0;
const PINGRESP: u8 = 0xD0;

/// A broker whose client connects while others are measured.
pub(super) struct Broker {
    address: SocketAddr,
    session: JoinHandle<Result<Session>>,
}

/// The client of a broker, and the messages that it has not acknowledged.
struct Session {
    stream: TcpStream,
    /// The bytes that came and were not looked at yet.
    received: Vec<u8>,
    /// When each message was sent, by its number.
    sent: Vec<Option<Instant>>,
    in_flight: usize,
    number: u16,
}

impl Broker {
    pub(super) fn listen() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no port is free")?;
        let address = listener.local_addr()?;
        Ok(Self { address, session: thread::spawn(move || Session::accept(&listener)) })
    }

    /// The settings of a network server whose broker this is.
    pub(super) fn settings(&self) -> String {
        format!(
            "[network-servers.load]\nkind = \"phy\"\n[network-servers.load.mqtt]\n\
             url = \"mqtt://{}\"\ntopics = [\"frames/+\"]\n",
            self.address
        )
    }

    /// Hands over frames of the meters in turn, for a while, and looks at something when frames begin to count and when
    /// they do no longer.
    pub(super) fn measure<T>(
        self,
        meters: &mut [Meter],
        duration: Duration,
        look: impl Fn() -> T,
    ) -> Result<(Figures, [T; 2])> {
        let session = self.session.join();
        let mut session = session.map_err(|_| anyhow!("the broker panicked"))??;
        let mut latencies = Vec::new();
        let mut next = 0;
        let (mut before, mut after) = (None, None);
        let begin = Instant::now() + WARM_UP;
        let end = begin + duration;
        loop {
            let mut out = Vec::new();
            while session.in_flight < IN_FLIGHT && Instant::now() < end {
                let index = next % meters.len();
                next += 1;
                session.put(&mut out, &format!("frames/{index}"), meters[index].frame().as_bytes());
            }
            session.stream.write_all(&out)?;
            if session.in_flight == 0 {
                break;
            }
            session.read()?;
            let now = Instant::now();
            let counts = now >= begin && now < end;
            if now >= begin {
                before.get_or_insert_with(&look);
            }
            if now >= end {
                after.get_or_insert_with(&look);
            }
            while let Some((kind, body)) = session.packet()? {
                let latency = session.taken(kind, &body)?;
                latencies.extend(latency.filter(|_| counts));
            }
        }
        latencies.sort_unstable();
        ensure!(!latencies.is_empty(), "no message was acknowledged in time");
        let looks = [before.unwrap_or_else(&look), after.unwrap_or_else(&look)];
        Ok((Figures { frames: latencies.len(), elapsed: duration, latencies }, looks))
    }
}

impl Session {
    /// Waits for the server, until it has subscribed.
    fn accept(listener: &TcpListener) -> Result<Self> {
        let (stream, _) = listener.accept().context("the server does not connect")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut session = Self {
            stream,
            received: Vec::new(),
            sent: vec![None; usize::from(u16::MAX) + 1],
            in_flight: 0,
            number: 0,
        };
        while !session.is_subscribed()? {}
        Ok(session)
    }

    fn is_subscribed(&mut self) -> Result<bool> {
        self.read()?;
        while let Some((kind, body)) = self.packet()? {
            match kind {
                CONNECT => self.stream.write_all(&[CONNACK, 2, 0, 0])?,
                SUBSCRIBE => {
                    let [high, low, ..] = body[..] else { bail!("a SUBSCRIBE has no number") };
                    self.stream.write_all(&[SUBACK, 3, high, low, 1])?;
                    return Ok(true);
                }
                other => bail!("the server begins with a packet {other:#04x}"),
            }
        }
        Ok(false)
    }

    fn put(&mut self, out: &mut Vec<u8>, topic: &str, payload: &[u8]) {
        // 0 is no number.
        self.number = self.number.checked_add(1).unwrap_or(1);
        out.push(PUBLISH_QOS_1);
        let mut length = 2 + topic.len() + 2 + payload.len();
        loop {
            let (low, rest) = ((length % 128) as u8, length / 128);
            out.push(if rest > 0 { low | 0x80 } else { low });
            length = rest;
            if length == 0 {
                break;
            }
        }
        out.extend((topic.len() as u16).to_be_bytes());
        out.extend(topic.as_bytes());
        out.extend(self.number.to_be_bytes());
        out.extend(payload);
        self.sent[usize::from(self.number)] = Some(Instant::now());
        self.in_flight += 1;
    }

    fn read(&mut self) -> Result<()> {
        let mut buffer = [0; 16 << 10];
        let count = self.stream.read(&mut buffer).context("the server does not acknowledge")?;
        ensure!(count > 0, "the server hung up");
        self.received.extend_from_slice(&buffer[..count]);
        Ok(())
    }

    /// The next packet that is there whole: its first byte, and what follows its length.
    fn packet(&mut self) -> Result<Option<(u8, Vec<u8>)>> {
        let (mut length, mut shift) = (0_usize, 0);
        for (index, byte) in self.received.iter().enumerate().skip(1) {
            ensure!(shift <= 21, "a packet is too long");
            length |= usize::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                let end = index + 1 + length;
                if self.received.len() < end {
                    return Ok(None);
                }
                let body = self.received[index + 1..end].to_vec();
                let kind = self.received[0];
                self.received.drain(..end);
                return Ok(Some((kind, body)));
            }
        }
        Ok(None)
    }

    /// Returns the time until a packet acknowledges a message.
    fn taken(&mut self, kind: u8, body: &[u8]) -> Result<Option<Duration>> {
        match (kind, body) {
            (PUBACK, &[high, low]) => {
                let number = usize::from(u16::from_be_bytes([high, low]));
                let sent = self.sent[number].take().context("it acknowledges what was not sent")?;
                self.in_flight -= 1;
                Ok(Some(sent.elapsed()))
            }
            (PINGREQ, []) => {
                self.stream.write_all(&[PINGRESP, 0])?;
                Ok(None)
            }
            (other, _) => bail!("the server sends a packet {other:#04x}"),
        }
    }
}
