//! Chipmunk, a physics engine that passes vectors by value.

use farcall::foreign_lib;

#[foreign_lib(
    names(linux = "libchipmunk.so.7", "chipmunk"),
    unsafe(load),
    prefix = "cp",
    snake_case
)]
mod chipmunk {
    use farcall::{ForeignResult, ForeignType};
    use std::ffi::{c_char, c_void};

    /// Chipmunk.
    pub(super) struct Chipmunk;

    #[derive(Clone, Copy, PartialEq, Debug, ForeignType, ForeignResult)]
    #[repr(C)]
    pub(super) struct Vect {
        pub(super) x: f64,
        pub(super) y: f64,
    }

    #[derive(Clone, Copy, PartialEq, Debug, ForeignType, ForeignResult)]
    #[repr(C)]
    pub(super) struct Box4 {
        pub(super) l: f64,
        pub(super) b: f64,
        pub(super) r: f64,
        pub(super) t: f64,
    }

    #[handle(drop = cpSpaceFree, prefix = "cpSpace")]
    pub(super) struct Space(*mut c_void);
    #[handle(drop = cpBodyFree, prefix = "cpBody")]
    pub(super) struct Body(*mut c_void);
    #[handle(drop = cpShapeFree, prefix = "cpShape")]
    pub(super) struct Shape<'body>(*mut c_void);

    unsafe extern "C" {
        pub(super) safe static cpVersionString: *const c_char;
        pub(super) safe fn cpMomentForCircle(m: f64, inner: f64, outer: f64, at: Vect) -> f64;
        pub(super) safe fn cpMomentForSegment(m: f64, a: Vect, b: Vect, radius: f64) -> f64;
        pub(super) safe fn cpAreaForSegment(a: Vect, b: Vect, radius: f64) -> f64;
        #[symbol("cpMomentForBox2")]
        pub(super) safe fn cpMomentForBox(m: f64, box4: Box4) -> f64;

        pub(super) safe fn cpSpaceNew() -> Space;
        pub(super) safe fn cpSpaceSetGravity(self: &mut Space, gravity: Vect);
        pub(super) safe fn cpSpaceGetGravity(self: &Space) -> Vect;
        /// # Safety
        /// The body outlives the space, or is removed from it.
        pub(super) fn cpSpaceAddBody(self: &mut Space, body: &Body) -> *mut c_void;
        pub(super) safe fn cpSpaceStep(self: &mut Space, dt: f64);
        fn cpSpaceFree(space: Space);

        pub(super) safe fn cpBodyNew(mass: f64, moment: f64) -> Body;
        pub(super) safe fn cpBodySetPosition(self: &mut Body, position: Vect);
        pub(super) safe fn cpBodyGetPosition(self: &Body) -> Vect;
        pub(super) safe fn cpBodyGetVelocity(self: &Body) -> Vect;
        pub(super) safe fn cpBodyGetMass(self: &Body) -> f64;
        fn cpBodyFree(body: Body);

        pub(super) safe fn cpCircleShapeNew<'body>(
            body: &'body Body,
            radius: f64,
            offset: Vect,
        ) -> Shape<'body>;
        pub(super) safe fn cpShapeSetFriction(self: &mut Shape<'_>, friction: f64);
        pub(super) safe fn cpShapeGetFriction(self: &Shape<'_>) -> f64;
        pub(super) safe fn cpShapeCacheBB(self: &mut Shape<'_>) -> Box4;
        fn cpShapeFree(shape: Shape<'_>);
    }
}

use chipmunk::{Box4, Chipmunk, Vect};

const fn vect(x: f64, y: f64) -> Vect {
    Vect { x, y }
}

// It does not claim to bear threads, so that one test does it all.
#[test]
fn bodies_fall() {
    let chipmunk = match Chipmunk::load() {
        Ok(chipmunk) => chipmunk,
        Err(error) if std::env::var_os("FARCALL_REQUIRE_LIBRARIES").is_some() => panic!("{error}"),
        Err(_) => {
            return support::not_asked(
                "Chipmunk",
                "not installed; on Debian: apt-get install libchipmunk7",
            );
        }
    };
    // SAFETY: it is a C string.
    let version = unsafe { std::ffi::CStr::from_ptr(*chipmunk.version_string()) };
    assert!(version.to_bytes().starts_with(b"7."), "{version:?}");

    // The moments of a disc, a rod and a rectangle.
    assert_eq!(
        chipmunk.moment_for_circle(2.0, 0.0, 3.0, vect(0.0, 0.0)),
        9.0
    );
    let rod = chipmunk.moment_for_segment(12.0, vect(-1.0, 0.0), vect(1.0, 0.0), 0.0);
    assert_eq!(rod, 4.0);
    let rectangle = Box4 {
        l: -1.0,
        b: -2.0,
        r: 1.0,
        t: 2.0,
    };
    assert_eq!(chipmunk.moment_for_box(12.0, rectangle), 20.0);
    let area = chipmunk.area_for_segment(vect(0.0, 0.0), vect(2.0, 0.0), 1.0);
    assert!((area - (std::f64::consts::PI + 4.0)).abs() < 1e-9, "{area}");

    let mut body = chipmunk.body_new(1.0, 1.0);
    assert_eq!(body.get_mass(), 1.0);
    body.set_position(vect(1.0, 100.0));
    let mut shape = chipmunk.circle_shape_new(&body, 2.0, vect(0.0, 0.0));
    shape.set_friction(0.75);
    assert_eq!(shape.get_friction(), 0.75);
    assert_eq!(
        shape.cache_bb(),
        Box4 {
            l: -1.0,
            b: 98.0,
            r: 3.0,
            t: 102.0
        }
    );
    drop(shape);

    let mut space = chipmunk.space_new();
    space.set_gravity(vect(0.0, -10.0));
    assert_eq!(space.get_gravity(), vect(0.0, -10.0));
    // SAFETY: the space is freed first.
    assert!(!unsafe { space.add_body(&body) }.is_null());
    for _ in 0..100 {
        space.step(0.01);
    }
    assert!((body.get_velocity().y + 10.0).abs() < 1e-6, "{body:?}");
    assert!((94.0..96.0).contains(&body.get_position().y));
    space.free();
    body.free();
}
