//! Where scripts are loaded and called: the engine's own memory, and a few instances that are kept.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use parking_lot::{Mutex, MutexGuard};
use wasmtime::Trap;

use super::{
    engine_module::{EngineError, EngineModule},
    machine::{Machine, Task},
    wire::{Answer, Input, Report, Unanswered},
};
use crate::{
    CallError, Limits, LoadError, OutputError, Script,
    kept::image::{Base, Delta},
    slots::Slots,
};

/// Instances that there may be at once: as many as threads can decode at the same time. A call that finds
/// none free waits.
const MACHINES: u32 = 64;

/// Instances that wait for calls, each with the codec of its last one. A call whose codec an instance holds
/// already takes half the time of one that must put another codec's away. Each keeps below a megabyte, and a
/// territory has some dozens of models.
const IDLE_MACHINES: usize = 128;

/// An instance is kept while no call wrote to more of its memory than this, in bytes. What a page
/// was written to once stays in memory, and an ordinary call writes some hundred kilobytes.
const KEPT_BYTES: usize = 1 << 20;

/// Memory in bytes of all instances that wait for calls, where each takes what a call may write and what
/// its codec holds: of large codecs fewer wait.
const IDLE_BYTES: usize = IDLE_MACHINES * KEPT_BYTES;

/// Bytes of an answer beside the texts in it.
const ANSWER_OVERHEAD_BYTES: usize = 4 << 10;

/// The scripts' part of a sandbox. Nothing of it is there before the first script is loaded.
pub(crate) struct Workshop {
    limits: Limits,
    code_cache: Option<PathBuf>,
    opened: OnceLock<Opened>,
    opening: Mutex<()>,
}

/// The engine with its prelude evaluated, and the instances that wait for calls.
struct Opened {
    module: EngineModule,
    base: Base,
    report_address: usize,
    slots: Slots,
    /// In the order of their last use.
    idle: Mutex<Vec<Machine>>,
}

/// The stack of the engine in its own memory, in bytes: what the linker is told in
/// `sdk/js/engine/build.rs`.
const ENGINE_STACK_BYTES: usize = 128 << 10;

/// A run that has ended.
pub(crate) struct Run {
    pub(crate) answer: Result<Answer, CallError>,
    pub(crate) fuel: u64,
    pub(crate) memory_bytes: usize,
    pub(crate) log: Vec<String>,
}

/// A codec that is loaded.
pub(crate) struct Loaded {
    pub(crate) delta: Arc<Delta>,
    /// Whether it looked at the clock while it was evaluated: then it must be evaluated anew at the
    /// time of each frame.
    pub(crate) clock_was_read: bool,
}

/// The source of a codec as it is handed over, and what loading it takes.
pub(crate) struct Source {
    pub(crate) input: Input,
    /// Bytes of the source.
    pub(crate) bytes: usize,
    /// Memory in bytes of the instances in which the codec is loaded and called.
    pub(crate) memory_bytes: usize,
    pub(crate) fuel: u64,
}

impl Workshop {
    pub(crate) fn new(limits: Limits, code_cache: Option<PathBuf>) -> Self {
        Self { limits, code_cache, opened: OnceLock::new(), opening: Mutex::new(()) }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Evaluates a codec once and keeps what that changed.
    pub(crate) fn load(&self, source: &Source) -> Result<(Answer, Loaded), LoadError> {
        let opened = self.open()?;
        let _slot = opened.slots.take();
        let mut machine = opened.machine(None, source.memory_bytes)?;
        let untouched = Arc::new(Delta::none(&opened.base));
        let outcome = self.attempt(opened, &mut machine, &untouched, |machine| {
            machine.run(Task::Load, source.input.as_bytes(), 0.0, source.fuel)
        });
        let clock_was_read = machine.clock_was_read();
        let answer = outcome.answer.map_err(|error| match error {
            CallError::OutOfMemory { wanted, limit } => {
                LoadError::ScriptNeedsMemory { bytes: source.bytes, wanted, limit }
            }
            other => LoadError::Instantiation(other),
        })?;
        let delta = machine.keep(&opened.base);
        opened.put_back(machine);
        Ok((answer, Loaded { delta, clock_was_read }))
    }

    /// Calls a codec that is loaded, in an instance with so much memory.
    pub(crate) fn call(
        &self,
        delta: &Arc<Delta>,
        memory_bytes: usize,
        input: &Input,
        now: f64,
        fuel: u64,
    ) -> Run {
        self.with_machine(delta, memory_bytes, |opened, machine| {
            self.attempt(opened, machine, delta, |machine| {
                machine.run(Task::Call, input.as_bytes(), now, fuel)
            })
        })
    }

    /// Evaluates a codec at the time of a frame and calls it.
    pub(crate) fn load_and_call(&self, load: &Source, input: &Input, now: f64, fuel: u64) -> Run {
        let opened = match self.open() {
            Ok(opened) => opened,
            Err(error) => return Run::broken(&error.to_string()),
        };
        let untouched = Arc::new(Delta::none(&opened.base));
        self.with_machine(&untouched, load.memory_bytes, |opened, machine| {
            self.attempt(opened, machine, &untouched, |machine| {
                let (loaded, load_fuel) =
                    machine.run(Task::Load, load.input.as_bytes(), now, load.fuel);
                if loaded.is_err() {
                    return (loaded, load_fuel);
                }
                let (called, fuel) = machine.run(Task::Call, input.as_bytes(), now, fuel);
                (called, load_fuel + fuel)
            })
        })
    }

    fn with_machine(
        &self,
        delta: &Arc<Delta>,
        memory_bytes: usize,
        work: impl FnOnce(&Opened, &mut Machine) -> Run,
    ) -> Run {
        let opened = match self.open() {
            Ok(opened) => opened,
            Err(error) => return Run::broken(&error.to_string()),
        };
        let _slot = opened.slots.take();
        let mut machine = match opened.machine(Some(delta), memory_bytes) {
            Ok(machine) => machine,
            Err(error) => return Run::broken(&error.to_string()),
        };
        let run = work(opened, &mut machine);
        opened.put_back(machine);
        run
    }

    /// Puts a machine into a state and runs it from there.
    fn attempt(
        &self,
        opened: &Opened,
        machine: &mut Machine,
        delta: &Arc<Delta>,
        run: impl FnOnce(&mut Machine) -> (wasmtime::Result<u32>, u64),
    ) -> Run {
        if let Err(error) = machine.restore(&opened.base, delta) {
            return Run::broken(&format!("{error:#}"));
        }
        let (result, fuel) = run(machine);
        let Ok(report) = Report::read(machine.memory(), opened.report_address) else {
            return Run::broken("its report cannot be read");
        };
        let answer = match result {
            Ok(address) => self.answer(machine, address),
            Err(error) => Err(self.call_error(machine, &error, &report, fuel)),
        };
        Run { answer, fuel, memory_bytes: machine.used_bytes(), log: report.log }
    }

    fn answer(&self, machine: &Machine, address: u32) -> Result<Answer, CallError> {
        let limit = self.limits.output_bytes;
        match Answer::read(machine.memory(), address, limit + ANSWER_OVERHEAD_BYTES) {
            Ok(answer) => Ok(answer),
            Err(Unanswered::TooLarge) => Err(CallError::Output(OutputError::TooLarge { limit })),
            Err(Unanswered::Unreadable) => Err(CallError::Output(OutputError::Malformed {
                reason: "an answer of the script engine that cannot be read".into(),
            })),
        }
    }

    fn call_error(
        &self,
        machine: &mut Machine,
        error: &wasmtime::Error,
        report: &Report,
        fuel: u64,
    ) -> CallError {
        if let Some(wanted) = report.wanted {
            return CallError::OutOfMemory { wanted, limit: machine.memory().len() };
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => CallError::OutOfFuel { limit: fuel },
            Some(Trap::StackOverflow) => {
                CallError::StackExhausted { limit: self.limits.stack_bytes }
            }
            Some(Trap::MemoryOutOfBounds) if machine.stack_is_exhausted() => {
                CallError::StackExhausted { limit: ENGINE_STACK_BYTES }
            }
            Some(trap) => CallError::Trapped { reason: trap.to_string() },
            None => CallError::Trapped { reason: format!("{error:#}") },
        }
    }

    fn open(&self) -> Result<&Opened, LoadError> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let _one_at_a_time = self.opening.lock();
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let opened = Opened::new(&self.limits, self.code_cache.as_deref())?;
        Ok(self.opened.get_or_init(|| opened))
    }
}

impl Opened {
    fn new(limits: &Limits, code_cache: Option<&std::path::Path>) -> Result<Self, LoadError> {
        let module = EngineModule::get(code_cache).map_err(|error| match error {
            EngineError::Missing => LoadError::NoScriptEngine,
            other => broken(&other),
        })?;
        let mut machine = new_machine(&module, Script::memory_bytes(0, limits.memory_bytes))?;
        let base = machine.start().map_err(|error| broken(&error))?;
        let report_address = machine.report_address().map_err(|error| broken(&error))?;
        Ok(Self {
            module,
            base,
            report_address,
            slots: Slots::new(MACHINES),
            idle: Mutex::new(vec![machine]),
        })
    }

    /// An instance with so much memory: one that holds the delta already, or else a new one while there
    /// are few, or else the one that was not used for longest.
    fn machine(
        &self,
        delta: Option<&Arc<Delta>>,
        memory_bytes: usize,
    ) -> Result<Machine, LoadError> {
        let mut idle = self.idle();
        if let Some(delta) = delta {
            if let Some(index) = idle.iter().rposition(|machine| machine.holds(delta)) {
                return Ok(idle.remove(index));
            }
            if idle.len() < IDLE_MACHINES {
                drop(idle);
                return new_machine(&self.module, memory_bytes);
            }
        }
        match idle.iter().position(|machine| machine.has(memory_bytes)) {
            Some(index) => Ok(idle.remove(index)),
            None => {
                drop(idle);
                new_machine(&self.module, memory_bytes)
            }
        }
    }

    fn put_back(&self, machine: Machine) {
        let mut idle = self.idle();
        if machine.last_written_bytes() > KEPT_BYTES {
            return;
        }
        idle.push(machine);
        let mut bytes: usize = idle.iter().map(idle_bytes).sum();
        while bytes > IDLE_BYTES {
            bytes -= idle_bytes(&idle.remove(0));
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Machine>> {
        // Nothing can panic while it is locked.
        self.idle.lock()
    }
}

/// Memory in bytes that an instance takes while it waits.
fn idle_bytes(machine: &Machine) -> usize {
    // What an ordinary codec changes is part of what an ordinary call leaves.
    KEPT_BYTES.max(machine.delta_bytes())
}

fn new_machine(module: &EngineModule, memory_bytes: usize) -> Result<Machine, LoadError> {
    Machine::new(&module.engine, &module.pre, memory_bytes).map_err(|error| broken(&error))
}

fn broken(error: &impl std::fmt::Display) -> LoadError {
    LoadError::ScriptEngine { reason: format!("{error:#}") }
}

impl Run {
    fn broken(reason: &str) -> Self {
        let reason = format!("the script engine does not work: {reason}");
        Self {
            answer: Err(CallError::Trapped { reason }),
            fuel: 0,
            memory_bytes: 0,
            log: Vec::new(),
        }
    }
}
