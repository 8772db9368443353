//! The runtime, and the codec in it.

use core::cell::RefCell;

use rquickjs::{Context, Ctx, Result, Runtime};

use crate::{
    answer::Answer,
    arena::Allocator,
    codec::Codec,
    dialect, evaluation,
    exception::Exception,
    input::Input,
    prelude::{self, LocaleLoader},
    results,
};

/// Bytes that a codec may allocate before cycles of garbage are looked for. Looking writes to every object
/// that there is, so it is worth while only where memory would run out without.
const COLLECT_ABOVE_BYTES: usize = 2 << 20;

/// QuickJS and the codec that it runs.
pub(crate) struct Session {
    context: Context,
    locale_loader: LocaleLoader,
    codec: Option<Codec>,
}

struct Shared(RefCell<Option<Session>>);

// SAFETY: the module has one thread.
unsafe impl Sync for Shared {}

static SESSION: Shared = Shared(RefCell::new(None));

impl Session {
    /// Makes the runtime and evaluates the prelude. Both are ours, so they cannot fail but for want
    /// of memory.
    pub(crate) fn start() {
        let runtime = Runtime::new_with_alloc(Allocator).expect("there is memory for a runtime");
        // Its own check of the stack needs an address that WebAssembly does not have. The stack
        // lies below everything else, so exhausting it traps.
        runtime.set_max_stack_size(0);
        runtime.set_gc_threshold(COLLECT_ABOVE_BYTES);
        evaluation::prepare(&runtime);
        let context = Context::full(&runtime).expect("there is memory for a context");
        let locale_loader =
            context.with(|context| prelude::evaluate(&context)).expect("the prelude is right");
        runtime.run_gc();
        *SESSION.0.borrow_mut() = Some(Self { context, locale_loader, codec: None });
    }

    /// Works with the session that was started.
    pub(crate) fn with(work: impl FnOnce(&mut Self) -> Answer) -> Answer {
        work(SESSION.0.borrow_mut().as_mut().expect("the host starts the engine first"))
    }

    /// Evaluates a codec and finds its functions.
    pub(crate) fn load(&mut self, input: &mut Input) -> Answer {
        let dialect = input.byte();
        let whole_input = input.byte() != 0;
        // The host hands over a text.
        let source = String::from_utf8_lossy(input.bytes());
        let answer = self.context.with(|context| {
            prelude::prepare(&context, &self.locale_loader, source.as_bytes())
                .and_then(|()| load(&context, dialect, whole_input, &source))
                .map_err(|error| Answer::Threw(Exception::take(&context, &error)))
        });
        let codec = match answer {
            Ok(codec) => codec,
            Err(answer) => return answer,
        };
        let Some(dialect) = codec.dialect() else {
            return Answer::NoEntryPoint(dialect::ALL_NAMES);
        };
        // Cycles of garbage that are left are not looked for: that would write to every object, and
        // all of it would have to be kept for each codec.
        self.codec = Some(codec);
        Answer::Loaded { dialect }
    }

    /// Calls a function of the codec.
    pub(crate) fn call(&mut self, input: &mut Input) -> Answer {
        let codec = self.codec.as_ref().expect("the host loads a codec first");
        self.context.with(|context| {
            codec.call(&context, input).unwrap_or_else(|error| results::threw(&context, &error))
        })
    }
}

fn load(context: &Ctx<'_>, dialect: u8, whole_input: bool, source: &str) -> Result<Codec> {
    if let Some(namespace) = evaluation::evaluate(context, source)? {
        evaluation::export(context, namespace)?;
    }
    // Promises that the codec started while it was evaluated.
    while context.execute_pending_job() {}
    Codec::find(context, dialect, whole_input)
}
