//! Fields of a record that tables have columns of, besides those of quantities and tags.

use super::{cell::Cell, options::Detail, row::Row, sheet::ColumnType};

/// A field of a record, or of a measurement of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Record,
    Group,
    Device,
    Name,
    SubGroup,
    UseCase,
    ReceivedAt,
    MeasuredAt,
    Quantity,
    Channel,
    Value,
    Unit,
    Data,
    Payload,
    FCnt,
    FPort,
    Rssi,
    Snr,
    SpreadingFactor,
    Frequency,
    Redundancy,
    NetworkServer,
    Decoder,
    DecoderVersion,
    DecoderDigest,
    Error,
    ErrorMessage,
    Replaces,
    RecordedAt,
    MissedFrames,
    Gateway,
    Measurement,
    Kind,
    Current,
    UtcOffset,
}

/// The columns before those of the tags.
pub(super) const FIRST: [Field; 6] =
    [Field::Record, Field::Group, Field::Device, Field::Name, Field::SubGroup, Field::UseCase];

/// The columns after those of the measurements.
pub(super) const LAST: [Field; 19] = [
    Field::Data,
    Field::Payload,
    Field::FCnt,
    Field::FPort,
    Field::Rssi,
    Field::Snr,
    Field::SpreadingFactor,
    Field::Frequency,
    Field::Redundancy,
    Field::NetworkServer,
    Field::Decoder,
    Field::DecoderVersion,
    Field::DecoderDigest,
    Field::Error,
    Field::ErrorMessage,
    Field::Replaces,
    Field::RecordedAt,
    Field::MissedFrames,
    Field::Gateway,
];

/// The columns of a measurement, where a row is of one.
pub(super) const MEASUREMENT: [Field; 4] =
    [Field::Quantity, Field::Channel, Field::Value, Field::Unit];

/// Those that came later, at the end, since columns keep their order.
pub(super) const MEASUREMENT_MORE: [Field; 3] = [Field::Measurement, Field::Kind, Field::Current];

/// Seconds of an hour.
const HOUR: f64 = 3_600.0;

impl Field {
    /// Returns the name of its column.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Group => "group",
            Self::Device => "device",
            Self::Name => "name",
            Self::SubGroup => "subGroup",
            Self::UseCase => "useCase",
            Self::ReceivedAt => "receivedAt",
            Self::MeasuredAt => "measuredAt",
            Self::Quantity => "quantity",
            Self::Channel => "channel",
            Self::Value => "value",
            Self::Unit => "unit",
            Self::Data => "data",
            Self::Payload => "payload",
            Self::FCnt => "fCnt",
            Self::FPort => "fPort",
            Self::Rssi => "rssi [dBm]",
            Self::Snr => "snr [dB]",
            Self::SpreadingFactor => "spreadingFactor",
            Self::Frequency => "frequency [Hz]",
            Self::Redundancy => "redundancy",
            Self::NetworkServer => "networkServer",
            Self::Decoder => "decoder",
            Self::DecoderVersion => "decoderVersion",
            Self::DecoderDigest => "decoderDigest",
            Self::Error => "error",
            Self::ErrorMessage => "errorMessage",
            Self::Replaces => "replaces",
            Self::RecordedAt => "recordedAt",
            Self::MissedFrames => "missedFrames",
            Self::Gateway => "gateway",
            Self::Measurement => "measurement",
            Self::Kind => "kind",
            Self::Current => "current",
            Self::UtcOffset => "utcOffset [h]",
        }
    }

    /// Returns the type of all its cells.
    pub(super) fn kind(self) -> ColumnType {
        match self {
            Self::ReceivedAt | Self::MeasuredAt | Self::RecordedAt => ColumnType::Moment,
            Self::Channel
            | Self::FCnt
            | Self::FPort
            | Self::SpreadingFactor
            | Self::Frequency
            | Self::Redundancy
            | Self::MissedFrames => ColumnType::Whole,
            Self::Value | Self::Rssi | Self::Snr | Self::UtcOffset => ColumnType::Number,
            Self::Current => ColumnType::Truth,
            Self::Record
            | Self::Group
            | Self::Device
            | Self::Name
            | Self::SubGroup
            | Self::UseCase
            | Self::Quantity
            | Self::Unit
            | Self::Data
            | Self::Payload
            | Self::NetworkServer
            | Self::Decoder
            | Self::DecoderVersion
            | Self::DecoderDigest
            | Self::Error
            | Self::ErrorMessage
            | Self::Replaces
            | Self::Gateway
            | Self::Measurement
            | Self::Kind => ColumnType::Text,
        }
    }

    /// Returns the detail that must be asked for, where it is one.
    pub(super) fn detail(self) -> Option<Detail> {
        match self {
            Self::Data => Some(Detail::Data),
            Self::Payload => Some(Detail::Payload),
            Self::DecoderDigest => Some(Detail::Digest),
            _ => None,
        }
    }

    /// Returns the cell of a row.
    pub(super) fn cell<'row>(self, row: &Row<'row>) -> Result<Cell<'row>, serde_json::Error> {
        let (view, measured) = (row.view, row.measured);
        let (device, uplink, radio) = (&view.device, &view.uplink, &view.radio);
        let decoder = view.decoder.as_ref();
        let error = view.decode_error.as_ref();
        Ok(match self {
            Self::Record => Cell::text(&view.id),
            Self::Group => Cell::text(&view.group),
            Self::Device => Cell::text(&device.dev_eui),
            Self::Name => Cell::text(&device.name),
            Self::SubGroup => Cell::text(&device.sub_group),
            Self::UseCase => Cell::text(&device.use_case),
            Self::ReceivedAt => Cell::moment(view.received_at, row.zone),
            Self::MeasuredAt => Cell::moment(row.measured_at, row.zone),
            Self::Quantity => measured.map_or(Cell::Empty, |said| Cell::text(&said.quantity)),
            Self::Channel => Cell::whole(row.channel),
            Self::Value => match measured {
                Some(measured) => Cell::value(measured.value)?,
                None => Cell::Empty,
            },
            Self::Unit => measured.map_or(Cell::Empty, |said| Cell::text(&said.unit)),
            // What the decoder said in the maker's own words is in the first row of a record alone.
            Self::Data => view
                .decoded
                .as_ref()
                .and_then(|decoded| decoded.data)
                .filter(|_| row.is_first)
                .map_or(Cell::Empty, |data| Cell::Json(data.get().into())),
            Self::Payload => uplink.payload.as_deref().map_or(Cell::Empty, Cell::text),
            Self::FCnt => Cell::whole(Some(uplink.f_cnt)),
            Self::FPort => Cell::whole(uplink.f_port),
            Self::Rssi => Cell::number(radio.rssi_dbm),
            Self::Snr => Cell::number(radio.snr_db),
            Self::SpreadingFactor => Cell::whole(radio.spreading_factor),
            Self::Frequency => Cell::whole(radio.frequency_hz),
            Self::Redundancy => Cell::whole(radio.redundancy),
            Self::NetworkServer => Cell::text(&view.network_server),
            Self::Decoder => decoder.map_or(Cell::Empty, |decoder| Cell::text(&decoder.id)),
            Self::DecoderVersion => {
                decoder.map_or(Cell::Empty, |decoder| Cell::text(&decoder.version))
            }
            Self::DecoderDigest => {
                decoder.map_or(Cell::Empty, |decoder| Cell::text(&decoder.digest))
            }
            Self::Error => error.map_or(Cell::Empty, |error| Cell::text(&error.code)),
            Self::ErrorMessage => error.map_or(Cell::Empty, |error| Cell::text(&error.message)),
            Self::Replaces => Cell::text(view.replaced()),
            Self::RecordedAt => {
                view.recorded_at.map_or(Cell::Empty, |at| Cell::moment(at, row.zone))
            }
            Self::MissedFrames => Cell::whole(uplink.missed_frames),
            Self::Gateway => {
                radio.best_reception.as_ref().map_or(Cell::Empty, |best| Cell::text(&best.gateway))
            }
            Self::Measurement => measured.map_or(Cell::Empty, |said| Cell::text(&said.id)),
            Self::Kind => measured.map_or(Cell::Empty, |said| Cell::text(&said.kind)),
            Self::Current => {
                measured.and_then(|said| said.current).map_or(Cell::Empty, Cell::Truth)
            }
            Self::UtcOffset => {
                let seconds = row.zone.to_offset(row.measured_at).seconds();
                Cell::whole(Some(f64::from(seconds) / HOUR))
            }
        })
    }
}
