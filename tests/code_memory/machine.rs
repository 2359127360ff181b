//! A little machine code, written by hand.

use std::ffi::c_void;

use farcall_jit::code::{Arena, Code};

/// `mov eax, value; ret`
#[cfg(target_arch = "x86_64")]
pub(super) fn returning(value: u32) -> Vec<u8> {
    let mut bytes = vec![0xb8];
    bytes.extend(value.to_le_bytes());
    bytes.push(0xc3);
    bytes
}

/// `movz w0, value & 0xffff; movk w0, value >> 16, lsl 16; ret`
#[cfg(target_arch = "aarch64")]
pub(super) fn returning(value: u32) -> Vec<u8> {
    let (low, high) = (value & 0xffff, value >> 16);
    words(&[0x5280_0000 | low << 5, 0x72a0_0000 | high << 5, 0xd65f_03c0])
}

#[cfg(target_arch = "aarch64")]
fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// `fn(target, argument)`: a frame that calls `target` with `argument`.
pub(super) type Framed = unsafe extern "C-unwind" fn(Target, *mut c_void);

pub(super) type Target = extern "C-unwind" fn(*mut c_void);

#[cfg(all(target_arch = "x86_64", not(windows)))]
#[rustfmt::skip]
pub(super) fn framed() -> Vec<u8> {
    vec![
        0x55,                   // push rbp
        0x48, 0x89, 0xe5,       // mov rbp, rsp
        0x48, 0x83, 0xec, 0x10, // sub rsp, 16
        0x48, 0x89, 0xf8,       // mov rax, rdi
        0x48, 0x89, 0xf7,       // mov rdi, rsi
        0xff, 0xd0,             // call rax
        0xc9,                   // leave
        0xc3,                   // ret
    ]
}

#[cfg(all(target_arch = "x86_64", windows))]
#[rustfmt::skip]
pub(super) fn framed() -> Vec<u8> {
    vec![
        0x55,                   // push rbp
        0x48, 0x89, 0xe5,       // mov rbp, rsp
        0x48, 0x83, 0xec, 0x20, // sub rsp, 32
        0x48, 0x89, 0xc8,       // mov rax, rcx
        0x48, 0x89, 0xd1,       // mov rcx, rdx
        0xff, 0xd0,             // call rax
        0xc9,                   // leave
        0xc3,                   // ret
    ]
}

#[cfg(target_arch = "aarch64")]
#[rustfmt::skip]
pub(super) fn framed() -> Vec<u8> {
    words(&[
        0xa9bf_7bfd, // stp x29, x30, [sp, #-16]!
        0x9100_03fd, // mov x29, sp
        0xd100_43ff, // sub sp, sp, #16
        0xaa00_03e8, // mov x8, x0
        0xaa01_03e0, // mov x0, x1
        0xd63f_0100, // blr x8
        0x9100_03bf, // mov sp, x29
        0xa8c1_7bfd, // ldp x29, x30, [sp], #16
        0xd65f_03c0, // ret
    ])
}

/// Runs a piece made by [`returning`].
pub(super) fn run(code: Code) -> u32 {
    // SAFETY: the callers pass what they made with `returning`, code of this very type.
    let function: extern "C" fn() -> u32 = unsafe { std::mem::transmute(code.entry()) };
    function()
}

/// A piece of code that knows what it must return.
pub(super) struct Piece {
    pub(super) code: Code,
    pub(super) value: u32,
}

impl Piece {
    pub(super) fn publish(arena: &Arena, value: u32) -> Self {
        let piece = Self {
            code: arena.publish(&returning(value)).unwrap(),
            value,
        };
        piece.check();
        piece
    }

    pub(super) fn check(&self) {
        assert_eq!(run(self.code), self.value, "{:?}", self.code);
    }
}

/// A stub whose code passes the record in `r10` and goes to what its first word says.
#[cfg(target_arch = "x86_64")]
pub(super) fn stub() -> Vec<u8> {
    let mut bytes = vec![0xf3, 0x0f, 0x1e, 0xfa]; // endbr64
    relative(&mut bytes, &[0x4c, 0x8d, 0x15], 0); // lea r10, [rip + record]
    relative(&mut bytes, &[0xff, 0x25], 0); // jmp [rip + record]
    bytes
}

/// A stub that adds 1 to the third word of its record before it does what [`stub`] does.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub(super) fn counting_stub() -> Vec<u8> {
    let mut bytes = vec![0xf3, 0x0f, 0x1e, 0xfa]; // endbr64
    relative(&mut bytes, &[0xf0, 0x48, 0xff, 0x05], 16); // lock inc qword [rip + record + 16]
    relative(&mut bytes, &[0x4c, 0x8d, 0x15], 0); // lea r10, [rip + record]
    relative(&mut bytes, &[0xff, 0x25], 0); // jmp [rip + record]
    bytes
}

/// An instruction that ends in the distance from its end to a place in the stub's record.
#[cfg(target_arch = "x86_64")]
fn relative(bytes: &mut Vec<u8>, opcode: &[u8], offset: usize) {
    bytes.extend(opcode);
    let end = bytes.len() + 4;
    let distance = farcall_jit::code::stubs::DISTANCE + offset - end;
    bytes.extend(u32::try_from(distance).unwrap().to_le_bytes());
}

/// What a stub goes to: returns the second word of the record.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
pub(super) fn shim() -> Vec<u8> {
    vec![
        0x49, 0x8b, 0x42, 0x08, // mov rax, [r10 + 8]
        0xc3,                   // ret
    ]
}

/// A stub whose code passes the record in `x16` and goes to what its first word says.
#[cfg(target_arch = "aarch64")]
pub(super) fn stub() -> Vec<u8> {
    let distance = u32::try_from(farcall_jit::code::stubs::DISTANCE).unwrap();
    words(&[
        0xd503_245f,                            // bti c
        0x1000_0010 | (distance - 4) >> 2 << 5, // adr x16, record
        0x5800_0011 | (distance - 8) >> 2 << 5, // ldr x17, record
        0xd61f_0220,                            // br x17
    ])
}

/// What a stub goes to: returns the second word of the record.
#[cfg(target_arch = "aarch64")]
pub(super) fn shim() -> Vec<u8> {
    words(&[
        0xf940_0600, // ldr x0, [x16, #8]
        0xd65f_03c0, // ret
    ])
}
