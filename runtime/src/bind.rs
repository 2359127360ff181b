//! From declarations to what a library exports under their names.
#![forbid(unsafe_code)]

use crate::ctext::{self, Declarations};
use crate::error::{ErrorKind, Result};
use crate::function::Function;
use crate::library::Library;
use crate::types::{FnType, Type};
use crate::variable::Variable;

impl Library {
    /// The function that a C prototype declares: `"double pow(double x, double y)"`.
    ///
    /// The text may define the types that the prototype uses; for several prototypes that share
    /// types see [`Library::function_in`].
    ///
    /// # Errors
    /// - [`ErrorKind::Syntax`], [`ErrorKind::Type`]: the text is not one C prototype.
    /// - [`ErrorKind::Symbol`]: the library has no symbol of that name.
    /// - [`ErrorKind::Unsupported`], [`ErrorKind::TooLarge`]: no engine can make such calls.
    pub fn function(&self, prototype: &str) -> Result<Function> {
        let (name, ty) = ctext::function(prototype, &Declarations::default())?;
        self.function_as(&name, ty)
    }

    /// The function with this name and this type.
    ///
    /// # Errors
    /// As [`Library::function`], the text apart.
    pub fn function_as(&self, name: &str, ty: FnType) -> Result<Function> {
        Function::from_symbol(self.symbol(name)?, ty)
    }

    /// The function with this name in a text of declarations.
    ///
    /// ```
    /// # #[cfg(target_os = "linux")] {
    /// use farcall::{Declarations, Library};
    /// let stdlib = Declarations::parse(
    ///     "typedef struct { int quot; int rem; } div_t;
    ///      div_t div(int numer, int denom);",
    /// )?;
    /// let div = Library::this()?.function_in(&stdlib, "div")?;
    /// assert_eq!(div.ty().result().size(), Some(8));
    /// # }
    /// # Ok::<(), farcall::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Library::function`], and [`ErrorKind::Undeclared`] if the text has no such function.
    pub fn function_in(&self, declarations: &Declarations, name: &str) -> Result<Function> {
        match declarations.function(name) {
            Some(ty) => self.function_as(name, ty),
            None => Err(undeclared("function", name, declarations)),
        }
    }

    /// The variable that a C declaration declares: `"extern char **environ"`.
    ///
    /// # Errors
    /// - [`ErrorKind::Syntax`], [`ErrorKind::Type`]: the text is not one declaration of a variable
    ///   of known size.
    /// - [`ErrorKind::Symbol`]: the library has no symbol of that name.
    pub fn variable(&self, declaration: &str) -> Result<Variable> {
        let (name, ty) = ctext::variable(declaration, &Declarations::default())?;
        self.variable_as(&name, ty)
    }

    /// The variable with this name and this type.
    ///
    /// # Errors
    /// As [`Library::variable`], the text apart.
    pub fn variable_as(&self, name: &str, ty: Type) -> Result<Variable> {
        Variable::from_symbol(self.symbol(name)?, ty)
    }

    /// The variable with this name in a text of declarations.
    ///
    /// # Errors
    /// As [`Library::variable`], and [`ErrorKind::Undeclared`] if the text has no such variable.
    pub fn variable_in(&self, declarations: &Declarations, name: &str) -> Result<Variable> {
        match declarations.variable(name) {
            Some(ty) => self.variable_as(name, ty),
            None => Err(undeclared("variable", name, declarations)),
        }
    }
}

fn undeclared(what: &'static str, name: &str, declarations: &Declarations) -> crate::Error {
    let names = match what {
        "function" => declarations
            .functions()
            .map(|(name, _)| name.to_owned())
            .collect::<Vec<_>>(),
        _ => declarations
            .variables()
            .map(|(name, _)| name.to_owned())
            .collect(),
    };
    crate::Error::from(ErrorKind::Undeclared { what, names }).of(name)
}
