//! Function types.
#![forbid(unsafe_code)]

use super::intern::{self, Interner};
use super::variants::Variants;
use super::{Type, TypeKind, check_depth};
use crate::backend::Engines;
use crate::callback::Families;
use crate::error::TypeError;

/// How arguments and results travel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum CallConv {
    /// The C convention of this platform.
    #[default]
    C,
    /// System V x86-64, on any system: `__attribute__((sysv_abi))`.
    SysV64,
    /// Windows x64, on any system: `__attribute__((ms_abi))`.
    Win64,
}

impl CallConv {
    /// The convention of this name, or the one that `C` stands for on this platform.
    pub(crate) fn resolve(self) -> Self {
        match self {
            Self::C if cfg!(all(target_arch = "x86_64", windows)) => Self::Win64,
            Self::C if cfg!(target_arch = "x86_64") => Self::SysV64,
            other => other,
        }
    }
}

/// A parameter: a type and, if the declaration gives it, a name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Param {
    pub(crate) name: Option<&'static str>,
    pub(crate) ty: Type,
}

impl Param {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.name
    }

    /// Its type; never `void`, an array or a function.
    #[must_use]
    pub fn ty(&self) -> Type {
        self.ty
    }
}

/// A C function type: result, parameters, calling convention.
///
/// What a call needs besides the address is prepared once for each function type and shared by all
/// functions that have it.
///
/// ```
/// use farcall::{FnType, Type};
/// let pow = FnType::builder().param("x", Type::DOUBLE).param("y", Type::DOUBLE)
///     .result(Type::DOUBLE).build()?;
/// assert_eq!(pow.to_string(), "double (double x, double y)");
/// # Ok::<(), farcall::TypeError>(())
/// ```
#[derive(Clone, Copy)]
pub struct FnType(&'static FnInfo);

struct FnInfo {
    key: FnKey,
    depth: u32,
    non_null: bool,
    engines: Engines,
    families: Families,
    variants: Variants,
}

#[derive(PartialEq, Eq, Hash)]
struct FnKey {
    conv: CallConv,
    result: Type,
    params: Box<[Param]>,
    /// How many of the parameters are named, if `...` follows them.
    variadic: Option<usize>,
}

impl PartialEq for FnInfo {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for FnInfo {}

impl std::hash::Hash for FnInfo {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl FnType {
    /// The largest number of parameters; C compilers guarantee 127.
    pub const MAX_PARAMS: usize = 256;

    /// Starts a function type that takes nothing and returns `void`.
    pub fn builder() -> FnTypeBuilder {
        FnTypeBuilder {
            conv: CallConv::C,
            result: Type::VOID,
            params: Vec::new(),
            variadic: false,
            named: None,
        }
    }

    /// The calling convention.
    #[must_use]
    pub fn call_conv(self) -> CallConv {
        self.0.key.conv
    }

    /// The type of the result; `void` if there is none.
    #[must_use]
    pub fn result(self) -> Type {
        self.0.key.result
    }

    /// The parameters: the named ones, and after them those that [`FnType::with_extra`] added.
    #[must_use]
    pub fn params(self) -> &'static [Param] {
        &self.0.key.params
    }

    /// The parameters that the declaration names: those before its `...`, or all of them.
    #[must_use]
    pub fn named(self) -> &'static [Param] {
        let params = self.params();
        &params[..self.0.key.variadic.unwrap_or(params.len())]
    }

    /// Whether it is declared with `...`.
    #[must_use]
    pub fn is_variadic(self) -> bool {
        self.0.key.variadic.is_some()
    }

    /// Whether each call may bring extra arguments of its own.
    pub(crate) fn is_open(self) -> bool {
        self.0.key.variadic == Some(self.params().len())
    }

    /// The type of calls of this variadic function with extra arguments of these types, and
    /// with no others. C promotes them: `float` to `double`, `bool`, `char` and `short` to `int`,
    /// arrays to pointers. Without types it is the type itself, to which every call may bring its
    /// own.
    ///
    /// ```
    /// use farcall::{FnType, Type};
    /// let printf = FnType::parse("int printf(const char *format, ...)")?;
    /// let call = printf.with_extra(&[Type::FLOAT, Type::CHAR.pointer()])?;
    /// assert_eq!(call.to_string(), "int (const char *format, ..., double, char *)");
    /// # Ok::<(), farcall::Error>(())
    /// ```
    ///
    /// # Errors
    /// - [`TypeError::NotVariadic`]: the function is declared without `...`.
    /// - [`TypeError::Void`], [`TypeError::Incomplete`]: one of them is no type of a value.
    /// - [`TypeError::TooMany`]: more than [`FnType::MAX_PARAMS`] arguments in all.
    /// - [`TypeError::TooDeep`]: more than 64 levels of nesting.
    pub fn with_extra(self, types: &[Type]) -> Result<Self, TypeError> {
        let Some(named) = self.0.key.variadic else {
            return Err(TypeError::NotVariadic {
                ty: self.to_string(),
            });
        };
        let start = FnTypeBuilder {
            conv: self.call_conv(),
            result: self.result(),
            params: self.params().to_vec(),
            variadic: true,
            named: Some(named),
        };
        let push = |builder: FnTypeBuilder, ty: &Type| builder.push(None, ty.promoted());
        types.iter().fold(start, push).build()
    }

    pub(crate) fn depth(self) -> u32 {
        self.0.depth
    }

    /// Whether null is forbidden for one of its parameters.
    pub(crate) fn has_non_null(self) -> bool {
        self.0.non_null
    }

    /// What the engines have prepared for functions of this type.
    pub(crate) fn engines(self) -> &'static Engines {
        &self.0.engines
    }

    /// The callbacks that functions of this type can be.
    pub(crate) fn families(self) -> &'static Families {
        &self.0.families
    }

    /// The types of the calls that were made of it with extra arguments.
    pub(crate) fn variants(self) -> &'static Variants {
        &self.0.variants
    }
}

/// Builds a [`FnType`] parameter by parameter.
#[derive(Clone, Debug)]
#[must_use = "nothing is made before `build`"]
pub struct FnTypeBuilder {
    conv: CallConv,
    result: Type,
    params: Vec<Param>,
    variadic: bool,
    /// How many of the parameters stand before the `...`, if not all.
    named: Option<usize>,
}

impl FnTypeBuilder {
    /// Sets the type of the result.
    pub fn result(mut self, ty: Type) -> Self {
        self.result = ty;
        self
    }

    /// Appends a parameter.
    pub fn param(self, name: &str, ty: Type) -> Self {
        self.push(Some(name), ty)
    }

    /// Appends a parameter without a name.
    pub fn unnamed_param(self, ty: Type) -> Self {
        self.push(None, ty)
    }

    /// As C does with a parameter's type, an array becomes a pointer to its element and a function
    /// a pointer to it (C11 section 6.7.6.3, paragraphs 7 and 8).
    fn push(mut self, name: Option<&str>, ty: Type) -> Self {
        let ty = match *ty.kind() {
            TypeKind::Array { element, .. } => element.pointer(),
            TypeKind::Function(_) => ty.pointer(),
            _ => ty,
        };
        self.params.push(Param {
            name: name.map(intern::name),
            ty,
        });
        self
    }

    /// Ends the parameters with `...`.
    pub fn variadic(mut self) -> Self {
        self.variadic = true;
        self
    }

    /// Sets the calling convention.
    pub fn call_conv(mut self, conv: CallConv) -> Self {
        self.conv = conv;
        self
    }

    /// Checks the parts and makes the type.
    ///
    /// # Errors
    /// - [`TypeError::Void`]: a parameter is `void`.
    /// - [`TypeError::Incomplete`]: a parameter or the result is known by name only.
    /// - [`TypeError::Ambiguous`]: gcc and clang pass a record by value in different ways: one with a
    ///   flexible array member, or with a bit-field without a name beside floats.
    /// - [`TypeError::NotReturnable`]: the result is an array or a function.
    /// - [`TypeError::TooMany`]: more than [`FnType::MAX_PARAMS`] parameters.
    /// - [`TypeError::TooDeep`]: more than 64 levels of nesting.
    pub fn build(self) -> Result<FnType, TypeError> {
        static FUNCTIONS: Interner<FnInfo> = Interner::new();
        self.check()?;
        let types = self
            .params
            .iter()
            .map(|param| param.ty)
            .chain([self.result]);
        let depth = 1 + types.map(Type::depth).max().unwrap_or(0);
        check_depth(depth)?;
        let non_null = self.params.iter().any(|param| param.ty.is_non_null());
        let named = self.named.unwrap_or(self.params.len());
        let key = FnKey {
            conv: self.conv,
            result: self.result,
            params: self.params.into(),
            variadic: self.variadic.then_some(named),
        };
        Ok(FnType(FUNCTIONS.intern(FnInfo {
            key,
            depth,
            non_null,
            engines: Engines::new(),
            families: Families::new(),
            variants: Variants::new(),
        })))
    }

    fn check(&self) -> Result<(), TypeError> {
        let count = self.params.len();
        if count > FnType::MAX_PARAMS {
            let limit = FnType::MAX_PARAMS as u64;
            return Err(TypeError::TooMany {
                what: "parameters",
                count: count as u64,
                limit,
            });
        }
        for (index, param) in self.params.iter().enumerate() {
            let role = match param.name {
                Some(name) => format!("parameter {} ({name})", index + 1),
                None => format!("parameter {}", index + 1),
            };
            if param.ty.is_void() {
                return Err(TypeError::Void { role });
            }
            param.ty.require_size(&role)?;
        }
        let types = self.params.iter().map(|param| param.ty);
        for record in types.chain([self.result]).filter_map(Type::record) {
            if let Some(why) = record.disagreement() {
                let ty = record.to_string();
                return Err(TypeError::Ambiguous { ty, why });
            }
        }
        match self.result.kind() {
            TypeKind::Void => Ok(()),
            TypeKind::Array { .. } | TypeKind::Function(_) => Err(TypeError::NotReturnable {
                ty: self.result.to_string(),
            }),
            _ => self.result.require_size("the result").map(drop),
        }
    }
}

intern::by_address!(FnType);
