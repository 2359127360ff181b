//! Constant expressions: array lengths, enumerators, alignments, static assertions.
//!
//! Guarantee: every integer operator of C with C's precedence and evaluation; what C does not
//! evaluate may be undefined, nothing else may.
#![forbid(unsafe_code)]

use super::declarator::Naming;
use super::integer::{Arithmetic, Integer};
use super::lexer::Kind;
use super::literal;
use super::parser::Parser;
use super::source::{Parse, Span};

/// The binary operators by precedence, loosest first.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<", ">", "<=", ">="],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl<'t> Parser<'t> {
    /// A constant expression and its place.
    pub(super) fn constant(&mut self) -> Parse<(Integer, Span)> {
        let start = self.token.span;
        let value = self.nested(Self::conditional)?;
        if self.at("=") || self.at("++") || self.at("--") {
            return Err(self.expected("an operator of a constant expression"));
        }
        Ok((value, start.to(self.last)))
    }

    /// A constant expression for a length, an alignment or a size.
    pub(super) fn non_negative(&mut self, what: &str) -> Parse<(u64, Span)> {
        let (integer, span) = self.constant()?;
        match u64::try_from(integer.value) {
            Ok(value) => Ok((value, span)),
            Err(_) => Err(self.error(span, format!("{what} of {}", integer.value))),
        }
    }

    /// `condition ? yes : no`
    fn conditional(&mut self) -> Parse<Integer> {
        let condition = self.binary(0)?;
        if !self.eat("?")? {
            return Ok(condition);
        }
        let truth = condition.value != 0;
        let yes = self.nested(|p| p.evaluated_if(truth, Self::conditional))?;
        self.expect(":")?;
        let no = self.nested(|p| p.evaluated_if(!truth, Self::conditional))?;
        let (yes, no) = yes.common(no);
        Ok(if truth { yes } else { no })
    }

    fn evaluated_if<T>(&mut self, live: bool, rule: impl FnOnce(&mut Self) -> T) -> T {
        self.unevaluated += u32::from(!live);
        let result = rule(self);
        self.unevaluated -= u32::from(!live);
        result
    }

    /// Operators of `level` and tighter, each from the left.
    fn binary(&mut self, level: usize) -> Parse<Integer> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let start = self.token.span;
        let mut left = self.binary(level + 1)?;
        while self.token.kind == Kind::Mark {
            let operator = self.text(self.token.span);
            if !operators.contains(&operator) {
                break;
            }
            self.bump()?;
            let live = match operator {
                "&&" => left.value != 0,
                "||" => left.value == 0,
                _ => true,
            };
            let right = self.evaluated_if(live, |p| p.binary(level + 1))?;
            let none = left.without_value(operator, right);
            left = self.computed(left.binary(operator, right), none, start.to(self.last))?;
        }
        Ok(left)
    }

    /// The result, or the reason why there is none; `none` where C does not evaluate it.
    fn computed(&self, result: Arithmetic, none: Integer, span: Span) -> Parse<Integer> {
        match result {
            Ok(integer) => Ok(integer),
            Err(_) if self.unevaluated > 0 => Ok(none),
            Err(why) => Err(self.error(span, why)),
        }
    }

    fn unary(&mut self) -> Parse<Integer> {
        let start = self.token.span;
        if self.token.kind == Kind::Mark {
            let operator = self.text(start);
            if matches!(operator, "-" | "+" | "~" | "!") {
                self.bump()?;
                let operand = self.nested(Self::unary)?;
                let none = Integer {
                    value: 0,
                    ..operand
                };
                return self.computed(operand.unary(operator), none, start.to(self.last));
            }
            if operator == "(" {
                return self.nested(Self::parenthesized);
            }
        }
        match self.token.kind {
            Kind::Number => {
                let value = literal::number(self.text(start));
                self.bump()?;
                value.map_err(|why| self.error(start, why))
            }
            Kind::Char => {
                let value = literal::character(self.text(start));
                self.bump()?;
                value.map_err(|why| self.error(start, why))
            }
            Kind::Word => self.named(),
            _ => Err(self.expected("an integer constant")),
        }
    }

    /// `(expression)` or `(type) operand`
    fn parenthesized(&mut self) -> Parse<Integer> {
        self.expect("(")?;
        if !self.starts_type()? {
            let value = self.conditional()?;
            self.expect(")")?;
            return Ok(value);
        }
        let start = self.token.span;
        let ty = self.type_name(Naming::Forbidden)?.ty;
        let span = start.to(self.last);
        self.expect(")")?;
        let operand = self.unary()?;
        let scalar = ty.scalar().filter(|scalar| scalar.is_direct());
        scalar
            .and_then(|scalar| operand.cast(scalar))
            .ok_or_else(|| {
                let message =
                    format!("a constant cannot be cast to `{ty}`; expected an integer type");
                self.error(span, message)
            })
    }

    /// An enumerator, `true`, `false`, `sizeof` or `_Alignof`.
    fn named(&mut self) -> Parse<Integer> {
        let span = self.token.span;
        let word = self.text(span);
        match word {
            "sizeof" | "_Alignof" | "alignof" | "__alignof" | "__alignof__" => {
                self.bump()?;
                return self.nested(|p| p.measure(word));
            }
            "true" | "false" => {
                self.bump()?;
                return Ok(Integer::truth(word == "true"));
            }
            _ => {}
        }
        let Some(value) = self.find_constant(word) else {
            let message = match self.nearest_constant(word) {
                Some(nearest) => format!("unknown constant `{word}`; did you mean `{nearest}`?"),
                None => format!(
                    "{} is not a constant known here; write its value, or declare it first in an enum",
                    self.quote(span)
                ),
            };
            return Err(self.error(span, message));
        };
        self.bump()?;
        Integer::smallest(value).ok_or_else(|| self.error(span, "a constant of more than 64 bits"))
    }

    /// The type in parentheses after `operator`, measured.
    fn measure(&mut self, operator: &str) -> Parse<Integer> {
        let typed = self.at("(") && self.after_bracket_type()?;
        if !typed {
            let message = format!("`{operator}` of an expression; write `{operator}(type)`");
            return Err(self.error(self.token.span, message));
        }
        self.expect("(")?;
        let start = self.token.span;
        let ty = self.type_name(Naming::Forbidden)?.ty;
        let span = start.to(self.last);
        self.expect(")")?;
        match ty.size() {
            None => Err(self.sizeless(ty, &format!("the operand of `{operator}`"), span)),
            Some(size) if operator == "sizeof" => Ok(Integer::size(size)),
            Some(_) => Ok(Integer::size(ty.align())),
        }
    }

    /// `_Static_assert(condition, "message")`, with its keyword as the current token.
    pub(super) fn static_assert(&mut self) -> Parse<()> {
        self.bump()?;
        self.expect("(")?;
        let (integer, span) = self.constant()?;
        let mut text = String::new();
        if self.eat(",")? {
            if self.token.kind != Kind::Text {
                return Err(self.expected("a text in quotes"));
            }
            text = format!(": {}", self.quote(self.token.span).replace('`', ""));
            while self.token.kind == Kind::Text {
                self.bump()?;
            }
        }
        self.expect(")")?;
        if integer.value == 0 {
            return Err(self.error(span, format!("this assertion does not hold{text}")));
        }
        Ok(())
    }
}
