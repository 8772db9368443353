//! One attack: a file, and how it must end.

use std::{
    fmt,
    panic::{self, AssertUnwindSafe},
    time::{Duration, Instant},
};

use champollion_registry::package::{Package, PackageError};
use champollion_sandbox::{
    CallError, Command, Decoder, LoadError, Sandbox, Settings, Specimen, Value, Variable,
};

/// Every call ends by fuel long before; this only shows that it does end, on any machine.
const CALL_ENDS_WITHIN: Duration = Duration::from_secs(5);

/// Compiling is not metered. What the suite holds takes a second or two on a slow core.
const LOAD_ENDS_WITHIN: Duration = Duration::from_secs(20);

/// The error that an attack ends in.
#[derive(Debug)]
pub enum Refusal {
    /// It is not even loaded.
    Load(LoadError),
    /// It is loaded, and what it says of itself is refused.
    Package(PackageError),
    /// It is loaded, and its call fails.
    Call(CallError),
}

/// The function that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// That for what a device sent.
    DecodeUplink,
    /// That for what it is to be sent.
    EncodeDownlink,
}

/// A file that somebody publishes to do harm.
pub struct Attack {
    /// The attack in a few words, each its own.
    pub name: &'static str,
    /// The file: a package wherever it can be one.
    pub file: Vec<u8>,
    /// The function that does the harm.
    pub entry: Entry,
    /// The error that it must get, as the pattern that it is compared with.
    pub expected: &'static str,
    pub(crate) is_expected: fn(&Refusal) -> bool,
}

/// An attack that ended as it must.
pub struct Ended {
    /// The error that the attack must get.
    pub refusal: Refusal,
    /// The time of the part that ended it: loading, or the call.
    pub took: Duration,
}

/// A line of the suite: name, component and the error that is expected, as a pattern.
macro_rules! attempt {
    ($name:literal, $component:expr, $pattern:pat $(if $guard:expr)? $(,)?) => {
        $crate::attack::Attack {
            name: $name,
            file: $crate::package($component),
            entry: $crate::attack::Entry::DecodeUplink,
            expected: stringify!($pattern $(if $guard)?),
            is_expected: |refusal| matches!(refusal, $pattern $(if $guard)?),
        }
    };
}
pub(crate) use attempt;

impl Attack {
    pub(crate) fn on(self, entry: Entry) -> Self {
        Self { entry, ..self }
    }

    /// A name for the file, made of letters, digits and hyphens.
    #[must_use]
    pub fn file_name(&self) -> String {
        let words: Vec<String> = self
            .name
            .split(|character: char| !character.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        format!("{}.wasm", words.join("-"))
    }

    /// Loads the file and calls it, twice: nothing of the first call may change the second. Says
    /// what is wrong where it does not end as it must.
    pub fn run(&self, sandbox: &Sandbox) -> Result<Ended, String> {
        // Nothing that is looked at afterwards was changed by what panicked.
        let attempt = panic::catch_unwind(AssertUnwindSafe(|| self.attempt(sandbox)));
        let ended = attempt.map_err(|_| "the host panicked".to_owned())??;
        if (self.is_expected)(&ended.refusal) {
            Ok(ended)
        } else {
            Err(format!("expected {}\n  came     {:?}", self.expected, ended.refusal))
        }
    }

    fn attempt(&self, sandbox: &Sandbox) -> Result<Ended, String> {
        let (loaded, took) = timed(|| sandbox.load(&self.file));
        if took > LOAD_ENDS_WITHIN {
            return Err(format!("loading it took {took:?}"));
        }
        let decoder = match loaded {
            Ok(decoder) => decoder,
            Err(error) => return Ok(Ended { refusal: Refusal::Load(error), took }),
        };
        let (package, took) = timed(|| Package::read(self.file.clone()));
        if let Err(error) = package {
            return Ok(Ended { refusal: Refusal::Package(error), took });
        }
        let ((first, fuel), took) = timed(|| self.call(&decoder));
        if took > CALL_ENDS_WITHIN {
            return Err(format!("its call took {took:?}"));
        }
        let again = self.call(&decoder);
        if again != (first.clone(), fuel) {
            return Err(format!("it ended with {first:?}, and then with {again:?}"));
        }
        match first {
            Ok(answer) => Err(format!("it was let through and answered {answer}")),
            Err(error) => Ok(Ended { refusal: Refusal::Call(error), took }),
        }
    }

    /// Calls a decoder that was loaded from the file; gives what it answers, and the fuel.
    ///
    /// Everything that can be lowered into a guest is there, so its `cabi_realloc` has work to do.
    pub fn call(&self, decoder: &Decoder) -> (Result<String, CallError>, u64) {
        const NOW: u64 = 1_767_225_600_000;
        let variable = Variable { name: "litres-per-pulse".into(), value: Value::Integer(10) };
        let settings = Settings { variables: vec![variable], state: vec![1, 2, 3] };
        match self.entry {
            Entry::DecodeUplink => {
                let payload = vec![0x01, 0x02, 0x03];
                let specimen = Specimen { f_port: 2, f_cnt: 7, payload, received_at: NOW };
                let call = decoder.try_uplink(&specimen, &settings);
                (call.result.map(|reading| format!("{reading:?}")), call.fuel)
            }
            Entry::EncodeDownlink => {
                let command = Command { data: "{}".into(), issued_at: NOW };
                let call = decoder.encode_downlink(&command, &settings);
                (call.result.map(|downlink| format!("{downlink:?}")), call.fuel)
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => write!(formatter, "not loaded: {error}"),
            Self::Package(error) => write!(formatter, "no package: {error}"),
            Self::Call(error) => write!(formatter, "{}: {error}", error.code()),
        }
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}
