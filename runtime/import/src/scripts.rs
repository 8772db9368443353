//! Joins scripts that make one codec together.
//!
//! A catalogue may keep the decoder of uplinks in one file and the encoder of downlinks in another, and
//! both may well use the same names for different things. So each file runs in a function of its own,
//! unchanged, and only the functions that are wanted of it become global.

use std::fmt::Write;

/// A script that is part of a codec.
pub(super) struct Part {
    /// Its file, for whoever reads the joined source.
    pub(super) name: String,
    /// The source of the script.
    pub(super) source: String,
    /// The functions that are taken from it, those that it has.
    pub(super) functions: Vec<&'static str>,
}

/// One source of all parts; of a single part that is its own, unchanged.
pub(super) fn join(mut parts: Vec<Part>) -> String {
    if parts.len() == 1 {
        return parts.swap_remove(0).source;
    }
    let mut joined = String::new();
    for Part { name, source, functions } in &parts {
        let shown = name.replace("*/", "* /");
        // The source begins on a line of its own, so that its first statement may be "use strict".
        // Writing to a String cannot fail.
        let _ = writeln!(joined, "/* {shown} */ (function () {{\n{source}\n;");
        for function in functions {
            let _ = writeln!(
                joined,
                "if (typeof {function} === \"function\") globalThis.{function} = {function};"
            );
        }
        joined.push_str("}).call(globalThis);\n");
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, source: &str, function: &'static str) -> Part {
        Part { name: name.to_owned(), source: source.to_owned(), functions: vec![function] }
    }

    #[test]
    fn a_single_script_is_unchanged() {
        let source = "function decodeUplink() {}";
        assert_eq!(join(vec![part("a.js", source, "decodeUplink")]), source);
    }

    #[test]
    fn each_script_stays_whole_in_a_scope_of_its_own() {
        let up = part("up */ .js", "var table = 1;", "decodeUplink");
        let down = part("down.js", "var table = 2;", "encodeDownlink");
        let joined = join(vec![up, down]);
        assert_eq!(joined.matches("(function () {").count(), 2);
        assert!(joined.contains("\nvar table = 1;\n") && joined.contains("\nvar table = 2;\n"));
        assert!(joined.contains("globalThis.encodeDownlink = encodeDownlink"));
        assert!(!joined.contains("up */"), "{joined}");
    }
}
