//! Lists that an expression multiplies: such an expression is refused when it is read.
//!
//! minijinja repeats a list without making it (`[1] * 99999999`), and for no fuel. Whatever writes it as a text then takes the
//! time and the memory of all items before anything is charged, and a few such lists within each other fill any memory. No
//! expression needs them; numbers and texts are multiplied for the fuel that they cost.

use minijinja::machinery::{
    ast::{BinOpKind, CallArg, Expr},
    parse_expr,
};

/// Filters that return a text, a number or a truth value, whatever they are given.
const PLAIN: [&str; 22] = [
    "abs",
    "bool",
    "capitalize",
    "count",
    "date",
    "e",
    "escape",
    "float",
    "format",
    "indent",
    "int",
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

/// An expression that multiplies a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it multiplies a list: multiply numbers and texts alone")]
pub struct RepeatedList;

/// Refuses an expression that multiplies what may be a list. One that cannot be read is refused for that elsewhere.
///
/// # Errors
/// [`RepeatedList`]
pub fn check_repetition(text: &str) -> Result<(), RepeatedList> {
    match parse_expr(text) {
        Ok(expression) if repeats_list(&expression) => Err(RepeatedList),
        _ => Ok(()),
    }
}

fn repeats_list(expression: &Expr<'_>) -> bool {
    let repeats_here = match expression {
        Expr::BinOp(of) => {
            matches!(of.op, BinOpKind::Mul) && (may_be_list(&of.left) || may_be_list(&of.right))
        }
        _ => false,
    };
    repeats_here || parts(expression).into_iter().any(repeats_list)
}

/// The expressions that an expression is made of.
fn parts<'of, 'text>(expression: &'of Expr<'text>) -> Vec<&'of Expr<'text>> {
    let of_arguments = |arguments: &'of [CallArg<'text>]| {
        arguments.iter().map(|argument| match argument {
            CallArg::Pos(value)
            | CallArg::Kwarg(_, value)
            | CallArg::PosSplat(value)
            | CallArg::KwargSplat(value) => value,
        })
    };
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
        Expr::Filter(of) => of.expr.iter().chain(of_arguments(&of.args)).collect(),
        Expr::Test(of) => [&of.expr].into_iter().chain(of_arguments(&of.args)).collect(),
        Expr::GetAttr(of) => vec![&of.expr],
        Expr::GetItem(of) => vec![&of.expr, &of.subscript_expr],
        Expr::Call(of) => [&of.expr].into_iter().chain(of_arguments(&of.args)).collect(),
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
            name if OF_ITEMS.contains(&name) => !of.expr.as_ref().is_some_and(has_plain_items),
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
        ] {
            assert_eq!(check_repetition(text), Err(RepeatedList), "{text}");
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
            "not an expression (",
        ] {
            assert_eq!(check_repetition(text), Ok(()), "{text}");
        }
    }
}
