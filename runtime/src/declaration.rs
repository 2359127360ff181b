//! What a `#[foreign_lib]` module declares, as data.
//!
//! Guarantee: a declaration says of every function what the generated method passes to C and takes
//! from it, type by type.
#![forbid(unsafe_code)]

use crate::error::TypeError;
use crate::spelling;
use crate::types::{CallConv, FnType, RustType};

/// What a `#[foreign_lib]` module declares: how the library is found, and its functions and
/// variables with their C types. The library type has it as `DECLARATION`.
#[derive(Debug)]
pub struct Declaration {
    #[doc(hidden)]
    pub name: &'static str,
    #[doc(hidden)]
    pub file: &'static str,
    #[doc(hidden)]
    pub names: &'static [Names],
    #[doc(hidden)]
    pub env: Option<&'static str>,
    #[doc(hidden)]
    pub dirs: &'static [&'static str],
    #[doc(hidden)]
    pub this_process: bool,
    #[doc(hidden)]
    pub sync: bool,
    #[doc(hidden)]
    pub slots: &'static [SlotDeclaration],
    #[doc(hidden)]
    pub functions: &'static [FunctionDeclaration],
    #[doc(hidden)]
    pub variables: &'static [VariableDeclaration],
}

/// The names of the library on one system.
#[derive(Debug)]
#[doc(hidden)]
pub struct Names {
    /// As `std::env::consts::OS` or `FAMILY` has it, or `apple`; empty for all that are not named.
    pub system: &'static str,
    pub names: &'static [&'static str],
}

/// One symbol.
#[derive(Debug)]
#[doc(hidden)]
pub struct SlotDeclaration {
    /// Its names, the one that is looked up first first.
    pub names: &'static [&'static str],
    pub line: u32,
    pub presence: Presence,
}

/// Whether a declared symbol must be in the library.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Presence {
    /// Loading fails without it.
    Required,
    /// It is looked up when the library is loaded, and may be missing.
    Optional,
    /// It is looked up when it is first used.
    Lazy,
    /// It is in the library from this version on, together with all others of that version.
    Since(&'static str),
    /// No symbol: whether all those of a version are there.
    #[doc(hidden)]
    Version(&'static str),
    /// Not declared on this platform.
    #[doc(hidden)]
    Nowhere,
}

/// A declared function.
#[derive(Debug)]
pub struct FunctionDeclaration {
    #[doc(hidden)]
    pub method: &'static str,
    #[doc(hidden)]
    pub slot: &'static SlotDeclaration,
    #[doc(hidden)]
    pub conv: &'static str,
    #[doc(hidden)]
    pub params: &'static [ParamDeclaration],
    /// How many parameters come before the variadic ones.
    #[doc(hidden)]
    pub fixed: Option<usize>,
    #[doc(hidden)]
    pub result: ForeignValue,
}

/// A parameter of a declared function.
#[derive(Debug)]
pub struct ParamDeclaration {
    #[doc(hidden)]
    pub name: &'static str,
    #[doc(hidden)]
    pub value: ForeignValue,
}

/// A declared variable.
#[derive(Debug)]
pub struct VariableDeclaration {
    #[doc(hidden)]
    pub method: &'static str,
    #[doc(hidden)]
    pub slot: &'static SlotDeclaration,
    #[doc(hidden)]
    pub value: ForeignValue,
    #[doc(hidden)]
    pub mutable: bool,
}

/// What crosses the boundary: its machine type, and its type as the declaration spells it.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct ForeignValue {
    pub ty: RustType,
    pub spelling: &'static str,
}

impl Declaration {
    /// The name of the library type.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The source file of the declaration.
    #[must_use]
    pub fn file(&self) -> &'static str {
        self.file
    }

    /// The functions that are declared on this platform, in the order of the declaration.
    pub fn functions(&self) -> impl Iterator<Item = &'static FunctionDeclaration> + use<> {
        let declared = |f: &&FunctionDeclaration| f.slot.presence != Presence::Nowhere;
        self.functions.iter().filter(declared)
    }

    /// The variables that are declared on this platform, in the order of the declaration.
    pub fn variables(&self) -> impl Iterator<Item = &'static VariableDeclaration> + use<> {
        let declared = |v: &&VariableDeclaration| v.slot.presence != Presence::Nowhere;
        self.variables.iter().filter(declared)
    }

    /// The function with this C name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&'static FunctionDeclaration> {
        self.functions().find(|function| function.name() == name)
    }

    /// The names for this system: those for it, or else for its family, or else for all.
    pub(crate) fn names_here(&self) -> &'static [&'static str] {
        let apple = if cfg!(target_vendor = "apple") {
            "apple"
        } else {
            std::env::consts::OS
        };
        [std::env::consts::OS, apple, std::env::consts::FAMILY, ""]
            .into_iter()
            .find_map(|system| self.names.iter().find(|names| names.system == system))
            .map_or(&[], |names| names.names)
    }
}

impl FunctionDeclaration {
    /// Its name in C, the first one if there are several.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.slot.names.first().copied().unwrap_or_default()
    }

    /// Its names in C, in the order in which they are looked up.
    #[must_use]
    pub fn names(&self) -> &'static [&'static str] {
        self.slot.names
    }

    /// The name of its method.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// The line of its declaration.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.slot.line
    }

    /// Whether it must be in the library.
    #[must_use]
    pub fn presence(&self) -> Presence {
        self.slot.presence
    }

    /// What C takes, one for each parameter of the C prototype.
    #[must_use]
    pub fn params(&self) -> &'static [ParamDeclaration] {
        self.params
    }

    /// What C returns.
    #[must_use]
    pub fn result(&self) -> RustType {
        self.result.ty
    }

    /// Whether it takes further arguments after its fixed parameters.
    #[must_use]
    pub fn is_variadic(&self) -> bool {
        self.fixed.is_some()
    }

    /// Its C type, by which it can be bound and called at run time.
    ///
    /// ```
    /// use farcall::{Library, foreign_lib, values};
    ///
    /// #[foreign_lib(this_process, unsafe(load), unsafe(sync))]
    /// mod system {
    ///     use std::ffi::c_int;
    ///     pub struct Libc;
    ///     unsafe extern "C" {
    ///         pub safe fn abs(number: c_int) -> c_int;
    ///     }
    /// }
    ///
    /// let abs = system::Libc::DECLARATION.function("abs").expect("it is declared above");
    /// assert_eq!(abs.prototype()?, "int abs(int number)");
    /// # #[cfg(all(feature = "jit", unix))] {
    /// let abs = Library::this()?.function_as("abs", abs.ty()?)?;
    /// // SAFETY: the prototype is that of the C standard.
    /// assert_eq!(unsafe { abs.call_values(&values![-3])? }.as_i64(), Some(3));
    /// # }
    /// # Ok::<(), farcall::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`TypeError`] if C cannot have such a function: a record of the declaration does not lie as
    /// C lays it out, or there are too many parameters.
    pub fn ty(&self) -> Result<FnType, TypeError> {
        let mut builder = FnType::builder()
            .result(spelling::c_type(self.result)?)
            .call_conv(self.conv());
        let fixed = self.fixed.unwrap_or(self.params.len());
        for param in &self.params[..fixed] {
            builder = builder.param(param.name, spelling::c_type(param.value)?);
        }
        if self.fixed.is_some() {
            builder = builder.variadic();
        }
        builder.build()
    }

    /// Its C prototype, under the type names of the declaration.
    ///
    /// # Errors
    /// As [`FunctionDeclaration::ty`].
    pub fn prototype(&self) -> Result<String, TypeError> {
        Ok(self.ty()?.declare(self.name()))
    }

    fn conv(&self) -> CallConv {
        match self.conv.trim_end_matches("-unwind") {
            "sysv64" => CallConv::SysV64,
            "win64" => CallConv::Win64,
            _ => CallConv::C,
        }
    }
}

impl ParamDeclaration {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What C sees of it.
    #[must_use]
    pub fn ty(&self) -> RustType {
        self.value.ty
    }
}

impl VariableDeclaration {
    /// Its name in C.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.slot.names.first().copied().unwrap_or_default()
    }

    /// The name of its method.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// The line of its declaration.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.slot.line
    }

    /// Whether it must be in the library.
    #[must_use]
    pub fn presence(&self) -> Presence {
        self.slot.presence
    }

    /// What C sees of it.
    #[must_use]
    pub fn ty(&self) -> RustType {
        self.value.ty
    }

    /// Whether it is declared as `static mut`.
    #[must_use]
    pub fn is_mutable(&self) -> bool {
        self.mutable
    }
}
