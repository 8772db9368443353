//! The values of the module by their indexes.

/// A value that commands name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Index {
    FirmwareHash = 0x03,
    Reset = 0x05,
    CpuVoltage = 0x06,
    CpuTemperature = 0x0A,
    Status = 0x20,
    Volume = 0x21,
    ReportingInterval = 0x22,
    StartingValue = 0x25,
    BackflowVolume = 0x27,
    MaximumFlow = 0x2B,
    LeakWindow = 0x2C,
    LeakTolerance = 0x2D,
}

impl Index {
    const ALL: [(Self, &'static str); 12] = [
        (Self::FirmwareHash, "firmwareHash"),
        (Self::Reset, "reset"),
        (Self::CpuVoltage, "cpuVoltage"),
        (Self::CpuTemperature, "cpuTemperature"),
        (Self::Status, "status"),
        (Self::Volume, "volume"),
        (Self::ReportingInterval, "reportingInterval"),
        (Self::StartingValue, "startingValue"),
        (Self::BackflowVolume, "backflowVolume"),
        (Self::MaximumFlow, "maximumFlow"),
        (Self::LeakWindow, "leakWindow"),
        (Self::LeakTolerance, "leakTolerance"),
    ];

    pub(crate) fn of(code: u8) -> Option<Self> {
        Self::ALL.iter().map(|(index, _)| *index).find(|index| *index as u8 == code)
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(index, _)| *index)
    }

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(index, _)| *index == self).map_or("", |(_, name)| name)
    }

    /// The names of all values that can be asked for.
    pub(crate) fn names() -> String {
        let asked = Self::ALL.iter().filter(|(index, _)| *index != Self::Reset);
        asked.map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
    }
}
