//! MAC commands by their names: what network and device tell each other beside the application.

use serde::Serialize;

use crate::direction::Direction;

/// A MAC command, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MacCommand {
    /// Its number, the first byte.
    pub cid: u8,
    /// Its name in the specification; absent where the number is unknown. After an unknown command
    /// nothing can be read, since its length is unknown too.
    pub name: Option<&'static str>,
    /// The bytes behind the command's number, as hexadecimal digits.
    pub payload: String,
    /// Whether bytes are missing at its end.
    pub cut_off: bool,
}

/// The commands that these bytes are, decrypted, of FOpts or of a payload on FPort 0.
#[must_use]
pub fn mac_commands(direction: Direction, mut bytes: &[u8]) -> Vec<MacCommand> {
    let mut commands = Vec::new();
    while let Some((&cid, rest)) = bytes.split_first() {
        let known = name_and_length(direction, cid);
        let needed = known.map_or(rest.len(), |(_, length)| length);
        let (payload, rest) = rest.split_at(needed.min(rest.len()));
        commands.push(MacCommand {
            cid,
            name: known.map(|(name, _)| name),
            payload: payload.iter().map(|byte| format!("{byte:02X}")).collect(),
            cut_off: payload.len() < needed,
        });
        bytes = rest;
    }
    commands
}

/// Names and bytes after the number, of LoRaWAN 1.0.4 and 1.1, class B included.
fn name_and_length(direction: Direction, cid: u8) -> Option<(&'static str, usize)> {
    Some(match (direction, cid) {
        (Direction::Up, 0x01) => ("ResetInd", 1),
        (Direction::Down, 0x01) => ("ResetConf", 1),
        (Direction::Up, 0x02) => ("LinkCheckReq", 0),
        (Direction::Down, 0x02) => ("LinkCheckAns", 2),
        (Direction::Up, 0x03) => ("LinkADRAns", 1),
        (Direction::Down, 0x03) => ("LinkADRReq", 4),
        (Direction::Up, 0x04) => ("DutyCycleAns", 0),
        (Direction::Down, 0x04) => ("DutyCycleReq", 1),
        (Direction::Up, 0x05) => ("RXParamSetupAns", 1),
        (Direction::Down, 0x05) => ("RXParamSetupReq", 4),
        (Direction::Up, 0x06) => ("DevStatusAns", 2),
        (Direction::Down, 0x06) => ("DevStatusReq", 0),
        (Direction::Up, 0x07) => ("NewChannelAns", 1),
        (Direction::Down, 0x07) => ("NewChannelReq", 5),
        (Direction::Up, 0x08) => ("RXTimingSetupAns", 0),
        (Direction::Down, 0x08) => ("RXTimingSetupReq", 1),
        (Direction::Up, 0x09) => ("TXParamSetupAns", 0),
        (Direction::Down, 0x09) => ("TXParamSetupReq", 1),
        (Direction::Up, 0x0A) => ("DlChannelAns", 1),
        (Direction::Down, 0x0A) => ("DlChannelReq", 4),
        (Direction::Up, 0x0B) => ("RekeyInd", 1),
        (Direction::Down, 0x0B) => ("RekeyConf", 1),
        (Direction::Up, 0x0C) => ("ADRParamSetupAns", 0),
        (Direction::Down, 0x0C) => ("ADRParamSetupReq", 1),
        (Direction::Up, 0x0D) => ("DeviceTimeReq", 0),
        (Direction::Down, 0x0D) => ("DeviceTimeAns", 5),
        (Direction::Down, 0x0E) => ("ForceRejoinReq", 2),
        (Direction::Up, 0x0F) => ("RejoinParamSetupAns", 1),
        (Direction::Down, 0x0F) => ("RejoinParamSetupReq", 1),
        (Direction::Up, 0x10) => ("PingSlotInfoReq", 1),
        (Direction::Down, 0x10) => ("PingSlotInfoAns", 0),
        (Direction::Up, 0x11) => ("PingSlotChannelAns", 1),
        (Direction::Down, 0x11) => ("PingSlotChannelReq", 4),
        (Direction::Down, 0x12) => ("BeaconTimingAns", 3),
        (Direction::Up, 0x12) => ("BeaconTimingReq", 0),
        (Direction::Up, 0x13) => ("BeaconFreqAns", 1),
        (Direction::Down, 0x13) => ("BeaconFreqReq", 3),
        (Direction::Up, 0x20) => ("DeviceModeInd", 1),
        (Direction::Down, 0x20) => ("DeviceModeConf", 1),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(direction: Direction, bytes: &[u8]) -> Vec<String> {
        mac_commands(direction, bytes)
            .into_iter()
            .map(|MacCommand { cid, name, payload, cut_off }| {
                format!(
                    "{} {payload}{}",
                    name.map_or(format!("{cid:02X}"), str::to_owned),
                    if cut_off { "…" } else { "" }
                )
            })
            .collect()
    }

    #[test]
    fn commands_follow_each_other() {
        let up = names(Direction::Up, &[0x02, 0x03, 0x07, 0x06, 0xFF, 0x20, 0x0D]);
        assert_eq!(up, ["LinkCheckReq ", "LinkADRAns 07", "DevStatusAns FF20", "DeviceTimeReq "]);
        let down = names(Direction::Down, &[0x06, 0x03, 1, 2, 3, 4]);
        assert_eq!(down, ["DevStatusReq ", "LinkADRReq 01020304"]);
        assert!(mac_commands(Direction::Up, &[]).is_empty());
    }

    #[test]
    fn what_is_unknown_or_cut_off_is_shown_as_it_is() {
        assert_eq!(names(Direction::Up, &[0x02, 0x80, 0x02]), ["LinkCheckReq ", "80 02"]);
        assert_eq!(names(Direction::Up, &[0x06, 0xFF]), ["DevStatusAns FF…"]);
        for cid in 0..=255 {
            for direction in [Direction::Up, Direction::Down] {
                assert_eq!(mac_commands(direction, &[cid])[0].cid, cid);
            }
        }
    }
}
