//! The format of the bytes between host and engine; the layout is that of the engine's modules `input`,
//! `answer` and `report`.

/// An input that is being laid out.
#[derive(Default)]
pub(crate) struct Input(Vec<u8>);

impl Input {
    pub(crate) fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    pub(crate) fn number(mut self, number: u32) -> Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    pub(crate) fn float(mut self, float: f64) -> Self {
        self.0.extend_from_slice(&float.to_le_bytes());
        self
    }

    /// Bytes behind their length. What is longer than 4 GiB no memory could hold anyway, and the
    /// limits of what is handed over are far below.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Self {
        let mut input = self.number(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        input.0.extend_from_slice(bytes);
        input
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// An answer of the engine.
#[derive(Debug)]
pub(crate) enum Answer {
    Loaded { dialect: u8 },
    NoEntryPoint { names: Vec<String>, defined: Vec<String> },
    Threw { message: String, line: u32, column: u32 },
    Failed(Vec<String>),
    Unsupported(Vec<String>),
    Malformed { path: String, problem: String },
    TooLarge,
    TooDeep,
    Reading { data: String, normalized: String, warnings: Vec<String>, context: String },
    Downlink { f_port: Option<u8>, payload: Vec<u8>, warnings: Vec<String> },
}

/// An answer that is none: the engine itself is at fault.
#[derive(Debug, thiserror::Error)]
#[error("the script engine's answer cannot be read")]
pub(crate) struct Unreadable;

/// Where an answer ends before it is read.
#[derive(Debug)]
pub(crate) enum Unanswered {
    Unreadable,
    /// It has more bytes than may be handed over.
    TooLarge,
}

impl From<Unreadable> for Unanswered {
    fn from(Unreadable: Unreadable) -> Self {
        Self::Unreadable
    }
}

impl Answer {
    /// Reads the answer at an address, which may have so many bytes.
    pub(crate) fn read(memory: &[u8], address: u32, limit: usize) -> Result<Self, Unanswered> {
        let mut reader = Reader(memory.get(address as usize..).ok_or(Unreadable)?);
        let length = reader.number()? as usize;
        if length > limit {
            return Err(Unanswered::TooLarge);
        }
        let mut reader = Reader(reader.0.get(..length).ok_or(Unreadable)?);
        Ok(match reader.byte()? {
            0 => Self::Loaded { dialect: reader.byte()? },
            1 => Self::NoEntryPoint { names: reader.list()?, defined: reader.list()? },
            2 => Self::Threw {
                message: reader.text()?,
                line: reader.number()?,
                column: reader.number()?,
            },
            3 => Self::Failed(reader.list()?),
            4 => Self::Unsupported(reader.list()?),
            5 => Self::Malformed { path: reader.text()?, problem: reader.text()? },
            6 => Self::TooLarge,
            7 => Self::TooDeep,
            8 => Self::Reading {
                data: reader.text()?,
                normalized: reader.text()?,
                warnings: reader.list()?,
                context: reader.text()?,
            },
            9 => Self::Downlink {
                f_port: u8::try_from(reader.number()?).ok(),
                payload: reader.bytes()?.to_vec(),
                warnings: reader.list()?,
            },
            _ => return Err(Unanswered::Unreadable),
        })
    }
}

/// The report of the engine beside its answers, also after a trap.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The memory that would have been needed, in bytes; `None` where there was enough.
    pub(crate) wanted: Option<usize>,
    /// The log of the codec, a line each.
    pub(crate) log: Vec<String>,
}

impl Report {
    /// Reads the report at an address.
    pub(crate) fn read(memory: &[u8], address: usize) -> Result<Self, Unreadable> {
        let mut reader = Reader(memory.get(address..).ok_or(Unreadable)?);
        let wanted = reader.number()? as usize;
        let length = reader.number()? as usize;
        let left_out = reader.number()?;
        let mut lines = Reader(reader.0.get(..length).ok_or(Unreadable)?);
        let mut log = Vec::new();
        while !lines.0.is_empty() {
            log.push(lines.text()?);
        }
        if left_out > 0 {
            log.push(format!("({left_out} more lines)"));
        }
        Ok(Self { wanted: (wanted > 0).then_some(wanted), log })
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, Unreadable> {
        let (byte, rest) = self.0.split_first().ok_or(Unreadable)?;
        self.0 = rest;
        Ok(*byte)
    }

    fn number(&mut self) -> Result<u32, Unreadable> {
        let (number, rest) = self.0.split_first_chunk().ok_or(Unreadable)?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*number))
    }

    fn bytes(&mut self) -> Result<&'a [u8], Unreadable> {
        let length = self.number()? as usize;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(Unreadable)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn text(&mut self) -> Result<String, Unreadable> {
        Ok(String::from_utf8_lossy(self.bytes()?).into_owned())
    }

    fn list(&mut self) -> Result<Vec<String>, Unreadable> {
        // No capacity ahead: the number is the engine's word, and the bytes are what there is.
        (0..self.number()?).map(|_| self.text()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_too_early_is_unreadable() {
        let whole = Input::default()
            .bytes(Input::default().byte(5).bytes(b"data.x").bytes(b"is a function").as_bytes());
        let whole = whole.as_bytes();
        assert!(matches!(
            Answer::read(whole, 0, 100),
            Ok(Answer::Malformed { path, problem }) if path == "data.x" && problem == "is a function"
        ));
        for end in 0..whole.len() {
            assert!(matches!(Answer::read(&whole[..end], 0, 100), Err(Unanswered::Unreadable)));
        }
        assert!(matches!(Answer::read(whole, 0, 10), Err(Unanswered::TooLarge)));
        assert!(matches!(Answer::read(whole, 1_000, 10), Err(Unanswered::Unreadable)));
    }

    #[test]
    fn a_report_says_how_many_lines_are_missing() {
        let report = Input::default().number(0).number(6).number(3).bytes(b"hi");
        let report = Report::read(report.as_bytes(), 0).unwrap();
        assert_eq!((report.wanted, report.log), (None, vec!["hi".into(), "(3 more lines)".into()]));
    }
}
