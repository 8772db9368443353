//! An uplink that was taken, as a device's state remembers it, and one that arrives, compared with it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{address::DevAddr, fingerprint::Fingerprint, mic::Mic, report::ReportedUplink};

/// The distance of moments, in milliseconds, that network servers may tell of one frame: when each gateway
/// heard it, or the device repeated it since nobody acknowledged it. A device that sends the same payload at
/// the same FCnt later has started over.
const SAME_MOMENT_MS: u64 = 10 * 60 * 1_000;

/// The same where something says that the session is another. A device that joins hears the answer 5 s after
/// its request (JOIN_ACCEPT_DELAY1), so that what comes sooner cannot be of the next session.
const SAME_TRANSMISSION_MS: u64 = 5 * 1_000;

/// Starts the address in the text of an uplink, and the MIC. Neither is a hexadecimal digit, as moments begin with.
const ADDRESS: char = '@';
const MIC: char = '#';

/// The text of an uplink of a session that is over.
const OVER: &str = "~";

/// An uplink that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Seen {
    pub(crate) f_cnt: u32,
    /// The mark of the content. States of before have the MIC there, or a digest with the address.
    pub(crate) mark: [u8; 4],
    pub(crate) received_at_ms: Option<u64>,
    /// The address and the MIC, where they were told.
    pub(crate) dev_addr: Option<DevAddr>,
    pub(crate) mic: Option<Mic>,
    /// Whether the device has begun another session since.
    pub(crate) is_over: bool,
}

/// An uplink that arrives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arriving {
    pub(crate) seen: Seen,
    /// The mark by which states of before remember it.
    pub(crate) earlier_mark: [u8; 4],
}

impl Arriving {
    /// The arrival of an uplink that is reported, its payload in clear. `now_ms` bounds the moment: one in
    /// the future would make all others seem held up.
    pub(crate) fn of(report: &ReportedUplink, now_ms: u64) -> Self {
        let seen = Seen {
            f_cnt: report.f_cnt,
            mark: Fingerprint::content_mark(report),
            received_at_ms: report.received_at_ms.map(|moment| moment.min(now_ms)),
            dev_addr: report.dev_addr,
            mic: report.mic,
            is_over: false,
        };
        Self { seen, earlier_mark: Fingerprint::earlier_mark(report) }
    }

    /// Whether it is an uplink that was taken, be it that another network server tells more of it or less.
    /// `is_elsewhere` says that the address is not the one that the device had.
    pub(crate) fn is(&self, taken: &Seen, is_elsewhere: bool) -> bool {
        let own = &self.seen;
        let has_its_mark = taken.mark == own.mark || taken.mark == self.earlier_mark;
        if own.f_cnt != taken.f_cnt || !has_its_mark || differ(own.dev_addr, taken.dev_addr) {
            return false;
        }
        // A MIC may differ within a session: in LoRaWAN 1.1 it covers the channel, on which the frame is repeated.
        let may_be_another = taken.is_over
            || differ(own.mic, taken.mic)
            || (is_elsewhere && taken.dev_addr.is_none());
        match (own.received_at_ms, taken.received_at_ms) {
            (Some(one), Some(other)) if may_be_another => {
                one.abs_diff(other) <= SAME_TRANSMISSION_MS
            }
            (Some(one), Some(other)) => one.abs_diff(other) <= SAME_MOMENT_MS,
            _ => !may_be_another,
        }
    }
}

/// Whether both are told, and differ.
fn differ<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

impl Seen {
    /// Takes note that the device has begun another session.
    pub(crate) fn end_session(&mut self) {
        self.is_over = true;
    }
}

/// Short, since sixteen of them are stored with every uplink.
impl fmt::Display for Seen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:x}.{:08x}", self.f_cnt, u32::from_be_bytes(self.mark))?;
        if let Some(moment) = self.received_at_ms {
            write!(formatter, ".{moment:x}")?;
        }
        if let Some(dev_addr) = self.dev_addr {
            write!(formatter, ".{ADDRESS}{dev_addr}")?;
        }
        if let Some(mic) = self.mic {
            write!(formatter, ".{MIC}{mic}")?;
        }
        if self.is_over {
            write!(formatter, ".{OVER}")?;
        }
        Ok(())
    }
}

impl From<Seen> for String {
    fn from(seen: Seen) -> Self {
        seen.to_string()
    }
}

impl FromStr for Seen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no uplink that was accepted");
        let mut parts = text.split('.');
        let mut part = || parts.next().ok_or_else(wrong);
        let f_cnt = u32::from_str_radix(part()?, 16).map_err(|_| wrong())?;
        let mark = u32::from_str_radix(part()?, 16).map_err(|_| wrong())?.to_be_bytes();
        let mut seen =
            Self { f_cnt, mark, received_at_ms: None, dev_addr: None, mic: None, is_over: false };
        for part in parts {
            if part == OVER {
                seen.is_over = true;
            } else if let Some(address) = part.strip_prefix(ADDRESS) {
                seen.dev_addr = Some(address.parse().map_err(|_| wrong())?);
            } else if let Some(mic) = part.strip_prefix(MIC) {
                seen.mic = Some(mic.parse().map_err(|_| wrong())?);
            } else {
                seen.received_at_ms = Some(u64::from_str_radix(part, 16).map_err(|_| wrong())?);
            }
        }
        Ok(seen)
    }
}

impl TryFrom<String> for Seen {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::DevEui;

    const NOW: u64 = 1_767_225_600_000;

    fn report() -> ReportedUplink {
        ReportedUplink {
            dev_eui: DevEui::from_be_bytes([1; 8]),
            dev_addr: None,
            f_cnt: 7,
            f_port: Some(2),
            payload: vec![0xAB],
            is_encrypted: false,
            confirmed: false,
            adr: true,
            mic: None,
            received_at_ms: Some(NOW),
        }
    }

    fn arriving(report: &ReportedUplink) -> Arriving {
        Arriving::of(report, u64::MAX)
    }

    fn later(report: &ReportedUplink, by_ms: u64) -> ReportedUplink {
        ReportedUplink { received_at_ms: Some(NOW + by_ms), ..report.clone() }
    }

    fn address(address: u32) -> ReportedUplink {
        ReportedUplink { dev_addr: Some(DevAddr::from_u32(address)), ..report() }
    }

    fn mic(mic: u8) -> ReportedUplink {
        ReportedUplink { mic: Some(Mic::from_bytes([mic; 4])), ..report() }
    }

    #[test]
    fn every_part_is_read_as_it_is_written() {
        let whole = Seen {
            dev_addr: Some(DevAddr::from_u32(0x0102_0304)),
            mic: Some(Mic::from_bytes([0xA0, 1, 2, 3])),
            is_over: true,
            mark: [0x0F; 4],
            ..arriving(&report()).seen
        };
        assert_eq!(whole.to_string(), "7.0f0f0f0f.19b76daa800.@01020304.#A0010203.~");
        let untold =
            Seen { received_at_ms: None, dev_addr: None, mic: None, is_over: false, ..whole };
        for seen in [whole, untold, Seen { received_at_ms: None, ..whole }] {
            assert_eq!(seen.to_string().parse(), Ok(seen), "{seen}");
        }
        for wrong in ["", "7", "7.x", "7.1.x", "-1.1", "7.1.@1", "7.1.#xx", "7.1..~"] {
            let error = wrong.parse::<Seen>().unwrap_err();
            assert!(error.contains(&format!("{wrong:?}")), "{error}");
        }
    }

    #[test]
    fn one_frame_is_the_same_whatever_else_is_told() {
        let all = [
            report(),
            address(1),
            mic(1),
            ReportedUplink { mic: mic(1).mic, ..address(1) },
            ReportedUplink { received_at_ms: None, ..address(1) },
            ReportedUplink { adr: false, confirmed: true, ..later(&report(), SAME_MOMENT_MS) },
        ];
        for (one, other) in all.iter().flat_map(|one| all.iter().map(move |other| (one, other))) {
            assert!(arriving(one).is(&arriving(other).seen, false), "{one:?} {other:?}");
        }
        for other in [
            address(2),
            later(&address(1), SAME_MOMENT_MS + 1),
            ReportedUplink { f_cnt: 8, ..address(1) },
            ReportedUplink { f_port: Some(3), ..address(1) },
            ReportedUplink { payload: vec![0xAC], ..address(1) },
        ] {
            assert!(!arriving(&other).is(&arriving(&address(1)).seen, false), "{other:?}");
        }
    }

    /// Some network servers tell MAC commands and their port, others neither.
    #[test]
    fn frames_of_mac_commands_have_no_content() {
        let mac = ReportedUplink { f_port: Some(0), ..report() };
        let nothing = ReportedUplink { f_port: None, payload: vec![], ..report() };
        assert!(arriving(&mac).is(&arriving(&nothing).seen, false));
        assert!(
            !arriving(&ReportedUplink { payload: vec![], ..report() })
                .is(&arriving(&nothing).seen, false)
        );
    }

    /// Another MIC is another repetition of the frame, or a session under other keys.
    #[test]
    fn what_may_be_of_another_session_is_the_same_within_seconds() {
        let taken = arriving(&mic(1)).seen;
        assert!(arriving(&later(&mic(2), SAME_TRANSMISSION_MS)).is(&taken, false));
        assert!(!arriving(&later(&mic(2), SAME_TRANSMISSION_MS + 1)).is(&taken, false));

        // Of what was told without an address nobody knows whether it was sent from another one.
        let taken = arriving(&report()).seen;
        assert!(arriving(&later(&address(2), SAME_TRANSMISSION_MS)).is(&taken, true));
        assert!(!arriving(&later(&address(2), SAME_TRANSMISSION_MS + 1)).is(&taken, true));
        assert!(arriving(&later(&address(2), SAME_MOMENT_MS)).is(&taken, false));
        assert!(
            arriving(&later(&address(2), SAME_MOMENT_MS)).is(&arriving(&address(2)).seen, true)
        );

        for told in [report(), address(1), mic(1)] {
            let mut over = arriving(&told).seen;
            over.end_session();
            assert!(arriving(&told).is(&over, false), "its network server sends it again");
            assert!(arriving(&later(&report(), SAME_TRANSMISSION_MS)).is(&over, false));
            assert!(!arriving(&later(&told, SAME_TRANSMISSION_MS + 1)).is(&over, false));
            assert!(!arriving(&ReportedUplink { received_at_ms: None, ..told }).is(&over, false));
        }
    }

    /// States of before have the MIC as the mark, or a digest with the address.
    #[test]
    fn what_was_remembered_before_is_known_again() {
        let as_before = |report: &ReportedUplink| {
            let Arriving { seen, earlier_mark } = arriving(report);
            let mark = u32::from_be_bytes(earlier_mark);
            let text = format!("{:x}.{mark:08x}.{NOW:x}", seen.f_cnt);
            text.parse::<Seen>().expect("it is read")
        };
        assert_eq!(as_before(&mic(0x11)).mark, [0x11; 4]);
        for told in [report(), address(1), mic(1)] {
            let taken = as_before(&told);
            assert!(arriving(&later(&told, SAME_MOMENT_MS)).is(&taken, false), "{told:?}");
            assert!(!arriving(&later(&told, SAME_MOMENT_MS + 1)).is(&taken, false), "{told:?}");
        }
        assert!(!arriving(&address(2)).is(&as_before(&address(1)), false));
        // Written by the release before: address 01020304, port 2, payload AB.
        let stored: Seen = "7.9c652038.19b76daa800".parse().expect("it is read");
        assert!(arriving(&address(0x0102_0304)).is(&stored, false));
    }
}
