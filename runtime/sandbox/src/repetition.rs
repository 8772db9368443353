//! Values that an expression multiplies for no fuel: such an expression is refused when it is read.
//!
//! minijinja repeats a list without making it (`[1] * 99999999`), and for no fuel. Whatever writes it as a text then takes the
//! time and the memory of all items before anything is charged, and a few such lists within each other fill any memory. Some
//! filters do the same with what they are given: they put it into a list as often as there are places
//! (`[1] | batch(9999, [1])`), or into a text. No expression needs it; numbers and texts are multiplied for the fuel that
//! they cost.

use minijinja::machinery::{
    ast::{BinOpKind, CallArg, Expr, Filter},
    parse_expr,
};

/// Filters that return a text, a number or a truth value, whatever they are given.
const PLAIN: [&str; 20] = [
    "abs",
    "bool",
    "capitalize",
    "count",
    "date",
    "e",
    "escape",
    "format",
    "indent",
    "join",
    "length",
    "lower",
    "replace",
    "round",
    "safe",
    "string",
    "title",
    "tojson",
    "trim",
    "upper",
];

/// Filters that return one of the items of a list.
const OF_ITEMS: [&str; 5] = ["first", "last", "max", "min", "sum"];

/// Filters that put what they are given into many places, or take it anew for each item.
const REPEATING: [&str; 8] =
    ["batch", "groupby", "map", "reject", "rejectattr", "select", "selectattr", "slice"];

/// The filter that writes what it is given wherever a text has a place for it.
const FORMAT: &str = "format";

/// Places in a text for values that may be long.
const PLACES: usize = 16;

/// A value that an expression multiplies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Repetition {
    /// A list that is multiplied.
    #[error("it multiplies a list: multiply numbers and texts alone")]
    List,
    /// An argument of a filter with this name, which may be large.
    #[error("{0} repeats what it is given: give it constants and names alone")]
    Argument(String),
    /// A value that `format` writes.
    #[error(
        "format writes numbers and texts alone, and no more than {PLACES} into a constant text that are neither \
         constants nor names"
    )]
    Written,
}

/// Refuses an expression that multiplies what may be a list, or large. One that cannot be read is refused for that
/// elsewhere.
///
/// # Errors
/// Names what is multiplied.
pub fn check_repetition(text: &str) -> Result<(), Repetition> {
    match parse_expr(text) {
        Ok(expression) => check(&expression),
        Err(_) => Ok(()),
    }
}

fn check(expression: &Expr<'_>) -> Result<(), Repetition> {
    match expression {
        Expr::BinOp(of)
            if matches!(of.op, BinOpKind::Mul)
                && (may_be_list(&of.left) || may_be_list(&of.right)) =>
        {
            return Err(Repetition::List);
        }
        Expr::Filter(of) => check_filter(of)?,
        _ => {}
    }
    parts(expression).into_iter().try_for_each(check)
}

fn check_filter(filter: &Filter<'_>) -> Result<(), Repetition> {
    if values(&filter.args).all(is_small) {
        return Ok(());
    }
    match filter.name {
        name if REPEATING.contains(&name) => Err(Repetition::Argument(name.to_owned())),
        FORMAT if !has_few_places(filter) || values(&filter.args).any(may_be_list) => {
            Err(Repetition::Written)
        }
        _ => Ok(()),
    }
}

/// Whether a value is a constant or of a name: then it is short.
fn is_small(expression: &Expr<'_>) -> bool {
    match expression {
        Expr::Const(of) => of.value.as_object().is_none(),
        Expr::UnaryOp(of) => is_small(&of.expr),
        other => is_of_names(other),
    }
}

/// Whether a text is a constant into which few values are written.
fn has_few_places(filter: &Filter<'_>) -> bool {
    let Some(Expr::Const(text)) = &filter.expr else { return false };
    text.value.as_str().is_some_and(|text| text.matches('%').count() <= PLACES)
}

/// The values of the arguments of a call.
fn values<'of, 'text>(arguments: &'of [CallArg<'text>]) -> impl Iterator<Item = &'of Expr<'text>> {
    arguments.iter().map(|argument| match argument {
        CallArg::Pos(value)
        | CallArg::Kwarg(_, value)
        | CallArg::PosSplat(value)
        | CallArg::KwargSplat(value) => value,
    })
}

/// The expressions that an expression is made of.
fn parts<'of, 'text>(expression: &'of Expr<'text>) -> Vec<&'of Expr<'text>> {
    match expression {
        Expr::Var(_) | Expr::Const(_) => Vec::new(),
        Expr::Slice(of) => {
            let bounds = [&of.start, &of.stop, &of.step].into_iter().flatten();
            [&of.expr].into_iter().chain(bounds).collect()
        }
        Expr::UnaryOp(of) => vec![&of.expr],
        Expr::BinOp(of) => vec![&of.left, &of.right],
        Expr::Compare(of) => {
            [&of.expr].into_iter().chain(of.ops.iter().map(|with| &with.expr)).collect()
        }
        Expr::IfExpr(of) => {
            [&of.test_expr, &of.true_expr].into_iter().chain(&of.false_expr).collect()
        }
        Expr::Filter(of) => of.expr.iter().chain(values(&of.args)).collect(),
        Expr::Test(of) => [&of.expr].into_iter().chain(values(&of.args)).collect(),
        Expr::GetAttr(of) => vec![&of.expr],
        Expr::GetItem(of) => vec![&of.expr, &of.subscript_expr],
        Expr::Call(of) => [&of.expr].into_iter().chain(values(&of.args)).collect(),
        Expr::List(of) => of.items.iter().collect(),
        Expr::Tuple(of) => of.items.iter().collect(),
        Expr::Map(of) => of.keys.iter().chain(&of.values).collect(),
    }
}

/// Whether the value of an expression may be a list. Names stand for texts, numbers, truth values and maps of them.
fn may_be_list(expression: &Expr<'_>) -> bool {
    match expression {
        Expr::Var(_) | Expr::UnaryOp(_) | Expr::Compare(_) | Expr::Test(_) => false,
        Expr::Const(of) => of.value.as_object().is_some(),
        Expr::BinOp(of) => {
            let is_either = matches!(
                of.op,
                BinOpKind::Add | BinOpKind::Mul | BinOpKind::ScAnd | BinOpKind::ScOr
            );
            is_either && (may_be_list(&of.left) || may_be_list(&of.right))
        }
        Expr::IfExpr(of) => {
            may_be_list(&of.true_expr) || of.false_expr.as_ref().is_some_and(may_be_list)
        }
        Expr::GetAttr(of) => !is_of_names(&of.expr),
        Expr::GetItem(of) => !is_of_names(&of.expr),
        Expr::Slice(of) => may_be_list(&of.expr),
        Expr::Filter(of) => match of.name {
            name if PLAIN.contains(&name) => false,
            // An argument is what a sum begins with, or what stands for a value that is no number.
            name if OF_ITEMS.contains(&name) => {
                !of.expr.as_ref().is_some_and(has_plain_items) || values(&of.args).any(may_be_list)
            }
            "float" | "int" => values(&of.args).any(may_be_list),
            "default" | "d" => parts(expression).into_iter().any(may_be_list),
            _ => true,
        },
        Expr::Call(_) | Expr::List(_) | Expr::Tuple(_) | Expr::Map(_) => true,
    }
}

/// Whether an expression is a name, or a member of one.
fn is_of_names(expression: &Expr<'_>) -> bool {
    match expression {
        Expr::Var(_) => true,
        Expr::GetAttr(of) => is_of_names(&of.expr),
        Expr::GetItem(of) => is_of_names(&of.expr),
        _ => false,
    }
}

fn has_plain_items(list: &Expr<'_>) -> bool {
    match list {
        Expr::List(of) => !of.items.iter().any(may_be_list),
        Expr::Tuple(of) => !of.items.iter().any(may_be_list),
        other => is_of_names(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_list_is_multiplied() {
        for text in [
            "[1] * 99999999",
            "99999999 * [1]",
            "([1]) * 9",
            "[[1] * 9] | string",
            "([1] + [2]) * 9",
            "([1] * 9) ~ ''",
            "(1, 2) * 9",
            "range(9) * 9",
            "name | list * 9",
            "('a' | split('')) * 9 | length",
            "([1] if decoded else 2) * 9",
            "(tags.x or [1]) * 9",
            "[[1]] | first * 9",
            "[[1]][0] * 9",
            "{'a': [1]}.a * 9",
            "tags.x | default([1]) * 9",
            "port in [1, [2] * 9]",
            "name | replace('a', [1] * 9)",
            "true if [1] * 9 else false",
            "tags[[1] * 9]",
            "[1][0:1] * 9",
            "[1, 2] | map('string') * 9",
            "tags.none | int([1]) * 9",
            "name | int(default=[1]) * 9",
            "name | float(**{'default': [1]}) * 9",
            "[] | sum(start=[1]) * 9",
        ] {
            assert_eq!(check_repetition(text), Err(Repetition::List), "{text}");
        }
    }

    #[test]
    fn no_filter_repeats_what_may_be_large() {
        for (text, filter) in [
            ("[1] | batch(9999, [1]) | string", "batch"),
            ("[1] | batch(9999, fill_with='x' * 9999) | string", "batch"),
            ("[1] | slice(9999, range(9999)) | string", "slice"),
            ("name | list | map('default', range(9999)) | string", "map"),
            ("name | list | map('chain', name | list) | string", "map"),
            ("name | list | map(attribute='x', default=[1]) | string", "map"),
            ("name | list | map(*['default', [1]]) | string", "map"),
            ("name | list | groupby('x', default=[1])", "groupby"),
            ("port in [[1] | batch(9, [1])]", "batch"),
            ("name | list | select('startingwith', ['x' * 9999]) | list", "select"),
            ("name | list | rejectattr('x', 'eq', [1]) | list", "rejectattr"),
        ] {
            let refused = check_repetition(text);
            assert_eq!(refused, Err(Repetition::Argument(filter.to_owned())), "{text}");
        }
        let many = format!("'{}' | format(a=name * 9)", "%(a)s".repeat(PLACES + 1));
        for text in ["'%s' | format([1])", "('%s' * 9) | format(name * 9)", many.as_str()] {
            assert_eq!(check_repetition(text), Err(Repetition::Written), "{text}");
        }
    }

    #[test]
    fn numbers_and_texts_are() {
        for text in [
            "value * 1000",
            "fCnt * 2 > 3 and port in [1, 2]",
            "(value + 1) * 1000",
            "-value * 2",
            "value | float * 1000",
            "values['water.volume'] * 1000",
            "before.index * 2",
            "'0' * 4 ~ serialNumber",
            "[value, 2] | max * 3",
            "tags.factor | default(1) | int * 2",
            "(1 if current else 2) * value",
            "value ** 2 * 3",
            "[value * 2, 3] | sum",
            "name[0:2] * 2",
            "tags.factor | int(1) * 2",
            "[value, 2] | sum(start=1) * 2",
            "name | list | batch(2, '-') | map('join', '/') | join",
            "[value, 2] | select('gt', 1) | list | length",
            "'%.1f %s' | format(value * 1000, name)",
            "name | format(value)",
            "not an expression (",
        ] {
            assert_eq!(check_repetition(text), Ok(()), "{text}");
        }
    }
}
