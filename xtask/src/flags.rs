//! The commands and what can be said to them.
//!
//! Parsed by a small crate: what this program is built of is compiled before anything else is.

use std::path::PathBuf;

use crate::{
    fuzz::Target,
    load::{Bug, Store},
};

xflags::xflags! {
    /// The project's own commands
    cmd xtask {
        /// Install nothing: say what is missing and how to install it, and leave out what needs it
        optional --no-install

        /// Build everything, start the server and play the frames of a small fleet through it
        cmd demo {
            /// End after that, with exit code 0 only if every frame came out right
            optional --once
            /// Nodes that share a PostgreSQL, by each of which frames come [default: 1]
            optional --nodes nodes: u32
        }
        /// Run every test, as CI does
        cmd test {}
        /// Load the server with frames, kill it again and again, and see that nothing is lost
        cmd torture {
            /// Minutes of the run [default: 2]
            optional --minutes minutes: u32
            /// Choose everything that is left to chance as a run before did
            optional --seed seed: u64
            /// Where the server keeps its data: sled, or postgres, which Patroni keeps with a standby [default: sled]
            optional --store store: Store
            /// Nodes that share the PostgreSQL [default: 3]
            optional --nodes nodes: usize
            /// Have some of the groups lie in a further PostgreSQL, which is killed as well
            optional --further
            /// Binary of the version before: nodes are exchanged between it and the newer one whenever they are killed
            optional --before file: PathBuf
            /// Put a bug into the nodes on purpose, and fail where nothing of it is found: compare-and-set, lease-epoch or
            /// log-lock
            optional --bug bug: Bug
        }
        /// Make pictures of every page, in each language, theme and width
        cmd pages {
            /// Folder for the pictures [default: target/pages]
            optional --out dir: PathBuf
        }
        /// Build the script engine into target/engine and the first-party decoders into target/decoders, and say how
        /// many there are, how large, and the fuel that they burn
        cmd guests {}
        /// Make a Debian package and a container image of the binary, the library of decoders and what belongs to them
        cmd package {
            /// Profile that the binary is built with [default: dist]
            optional --profile profile: String
            /// Pack this binary, with a library that is there, and build nothing
            optional --binary file: PathBuf
            /// Folder of the library's packages [default: target/decoders]
            optional --library dir: PathBuf
            /// Folder for the packages [default: target/package]
            optional --out dir: PathBuf
        }
        /// Write the attack suite out, a file for each hostile decoder
        cmd attacks {
            /// Folder for the files [default: target/attacks]
            optional --out dir: PathBuf
        }
        /// Run every codec below a folder against Node.js, and say by kind what differs
        cmd field {
            /// Choose everything that is left to chance as a run before did [default: 1]
            optional --seed seed: u64
            /// Print JSON instead of text for people
            optional --json
            /// A catalogue, a folder of packages or scripts, or a script
            required dir: PathBuf
        }
        /// Feed the upload path and the output path of decoders with bytes until something breaks
        cmd fuzz {
            /// Seconds for each target [default: 60]
            optional --seconds seconds: u32
            /// Only this target: upload, output, frames or families
            optional target: Target
        }
        /// Check licences, sources and known holes of all that is built in (deny.toml); installs cargo-deny
        cmd deny {}
        /// Write the list of all crates that are built into the binary, as CycloneDX
        cmd sbom {
            /// File for the list [default: target/champollion.cdx.json]
            optional --out file: PathBuf
        }
        /// Measure, and print a line `BENCH <name> <p50> <unit>` for each figure
        cmd bench {
            /// Fewer samples: a minute instead of ten
            optional --quick
            /// Minutes of `soak` [default: 60, and 1 with --quick]
            optional --minutes minutes: usize
            /// Frames in a second of `soak` [default: 8400]
            optional --rate rate: usize
            /// Only benchmarks whose name contains this. With the real server: `ingest` loads it, `delivery` has it push
            /// records, `objects` registers a million, `catalogue` asks for pages, `alerts` breaks a rule, `rehearsal`
            /// rehearses a day, `bulk` decodes a file, and `soak`, which is run where it is named alone, takes an hour.
            /// `store` fills the store and kills it, `bounds` has the server in its own process
            optional filter: String
        }
    }
}
