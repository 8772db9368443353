//! The runtime, and the codec in it.

use core::cell::RefCell;

use rquickjs::{Context, Ctx, Object, Result, Runtime, object::Property};

use crate::{
    answer::Answer,
    arena::{self, Allocator},
    codec::Codec,
    dialect, evaluation,
    exception::Exception,
    input::Input,
    prelude::{self, Prelude},
    results,
    scope::Evaluated,
};

/// Bytes that a codec may allocate before cycles of garbage are looked for. Looking writes to every object
/// that there is, so it is worth while only where memory would run out without.
const COLLECT_ABOVE_BYTES: usize = 2 << 20;

/// QuickJS and the codec that it runs.
pub(crate) struct Session {
    context: Context,
    prelude: Prelude,
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
        let prelude =
            context.with(|context| prelude::evaluate(&context)).expect("the prelude is right");
        runtime.run_gc();
        *SESSION.0.borrow_mut() = Some(Self { context, prelude, codec: None });
    }

    /// Works with the session that was started.
    pub(crate) fn with(work: impl FnOnce(&mut Self) -> Answer) -> Answer {
        work(SESSION.0.borrow_mut().as_mut().expect("the host starts the engine first"))
    }

    /// Evaluates a codec and finds its functions.
    pub(crate) fn load(&mut self, input: &mut Input) -> Answer {
        let order = Order {
            dialect: input.byte(),
            whole_input: input.byte() != 0,
            browser: input.byte() != 0,
        };
        // The host hands over a text.
        let source = String::from_utf8_lossy(input.bytes());
        let found = self.context.with(|context| {
            prelude::prepare(&context, &self.prelude, source.as_bytes())
                .and_then(|()| self.prelude.entries.clone().restore(&context))
                .and_then(|entries| load(&context, order, entries, &source))
                .map_err(|error| Answer::Threw(Exception::take(&context, &error)))
        });
        // Cycles of garbage that are left are not looked for: that would write to every object, and
        // all of it would have to be kept for each codec.
        match found {
            Ok(Ok(codec)) => {
                let dialect = codec.dialect().unwrap_or(dialect::number::ANY);
                self.codec = Some(codec);
                Answer::Loaded { dialect }
            }
            Ok(Err(defined)) => Answer::NoEntryPoint { names: dialect::ALL_NAMES, defined },
            Err(answer) => answer,
        }
    }

    /// Lets calls allocate as much before garbage is looked for, however large their codec is: each call
    /// of one that is above the bound itself would look at all of it.
    pub(crate) fn look_after_garbage_of_calls() {
        let threshold = arena::taken_bytes() + COLLECT_ABOVE_BYTES / 2;
        if let Some(session) = SESSION.0.borrow().as_ref() {
            session.context.runtime().set_gc_threshold(threshold.max(COLLECT_ABOVE_BYTES));
        }
    }

    /// Calls a function of the codec.
    pub(crate) fn call(&mut self, input: &mut Input) -> Answer {
        let codec = self.codec.as_ref().expect("the host loads a codec first");
        self.context.with(|context| {
            codec.call(&context, input).unwrap_or_else(|error| results::threw(&context, &error))
        })
    }
}

/// The manner in which a codec is to be loaded.
#[derive(Clone, Copy)]
struct Order {
    /// The number of the dialect, or of any.
    dialect: u8,
    whole_input: bool,
    /// Whether the global object has the names by which browsers have it.
    browser: bool,
}

fn load<'js>(
    context: &Ctx<'js>,
    order: Order,
    entries: Object<'js>,
    source: &str,
) -> Result<std::result::Result<Codec, Vec<String>>> {
    if order.browser {
        let globals = context.globals();
        for name in ["window", "self"] {
            globals.prop(name, Property::from(globals.clone()).writable().configurable())?;
        }
    }
    let namespace = evaluation::evaluate(context, source)?;
    // Promises that the codec started while it was evaluated.
    while context.execute_pending_job() {}
    let evaluated = Evaluated { entries, namespace, source };
    Codec::find(context, order.dialect, order.whole_input, &evaluated)
}
