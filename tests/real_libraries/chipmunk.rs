//! Chipmunk, a physics engine that passes vectors by value.

use farcall::{Object, OwnedValue, Value, values};

use super::Api;

const CHIPMUNK: &str = "
    typedef double cpFloat;
    typedef struct cpVect { cpFloat x, y; } cpVect;
    typedef struct cpBB { cpFloat l, b, r, t; } cpBB;
    typedef struct cpTransform { cpFloat a, b, c, d, tx, ty; } cpTransform;
    typedef struct cpSpace cpSpace;
    typedef struct cpBody cpBody;
    typedef struct cpShape cpShape;
    extern const char *cpVersionString;
    cpFloat cpMomentForCircle(cpFloat m, cpFloat r1, cpFloat r2, cpVect offset);
    cpFloat cpMomentForSegment(cpFloat m, cpVect a, cpVect b, cpFloat radius);
    cpFloat cpAreaForSegment(cpVect a, cpVect b, cpFloat radius);
    cpFloat cpMomentForBox2(cpFloat m, cpBB box);
    cpSpace *cpSpaceNew(void);
    void cpSpaceFree(cpSpace *space);
    void cpSpaceSetGravity(cpSpace *space, cpVect gravity);
    cpVect cpSpaceGetGravity(const cpSpace *space);
    cpBody *cpSpaceGetStaticBody(const cpSpace *space);
    cpBody *cpSpaceAddBody(cpSpace *space, cpBody *body);
    cpShape *cpSpaceAddShape(cpSpace *space, cpShape *shape);
    void cpSpaceStep(cpSpace *space, cpFloat dt);
    cpBody *cpBodyNew(cpFloat mass, cpFloat moment);
    void cpBodyFree(cpBody *body);
    void cpBodySetPosition(cpBody *body, cpVect pos);
    cpVect cpBodyGetPosition(const cpBody *body);
    cpVect cpBodyGetVelocity(const cpBody *body);
    cpShape *cpCircleShapeNew(cpBody *body, cpFloat radius, cpVect offset);
    cpShape *cpSegmentShapeNew(cpBody *body, cpVect a, cpVect b, cpFloat radius);
    void cpShapeSetFriction(cpShape *shape, cpFloat friction);
    cpBB cpShapeUpdate(cpShape *shape, cpTransform transform);
    void cpShapeFree(cpShape *shape);
";

support::foreign_struct!(Vect { x: f64, y: f64 });

fn chipmunk() -> Option<Api> {
    Api::open("chipmunk", "libchipmunk7", CHIPMUNK)
}

fn record(api: &Api, ty: &str, numbers: &[f64]) -> OwnedValue {
    let fields: Vec<_> = numbers.iter().map(|&number| Value::from(number)).collect();
    OwnedValue::record(api.declarations.record(ty).unwrap(), &fields).unwrap()
}

fn vect(api: &Api, x: f64, y: f64) -> OwnedValue {
    record(api, "cpVect", &[x, y])
}

fn numbers(object: Object<'_>) -> Vec<f64> {
    let number = |index| object.nth(index)?.value()?.as_f64();
    (0..).map_while(number).collect()
}

#[test]
fn vectors_and_boxes_go_in_by_value() {
    let Some(chipmunk) = chipmunk() else { return };
    for api in chipmunk.engines() {
        let number = |name, arguments: &[_]| api.pure(name, arguments).as_f64().unwrap();
        let (a, b) = (vect(&api, 3.0, 4.0), vect(&api, 6.0, 8.0));
        // m (r1^2 + r2^2) / 2 + m |offset|^2
        assert_eq!(
            number("cpMomentForCircle", &values![2.0, 0.0, 3.0, &a]),
            59.0
        );
        // a stadium: pi r^2 + 2 r length
        let area = number("cpAreaForSegment", &values![&a, &b, 2.0]);
        assert!(
            (area - (4.0 * std::f64::consts::PI + 20.0)).abs() < 1e-12,
            "{area}"
        );
        let (a, b) = (vect(&api, -1.5, 0.0), vect(&api, 1.5, 0.0));
        let moment = number("cpMomentForSegment", &values![4.0, &a, &b, 0.0]);
        assert!((moment - 3.0).abs() < 1e-12, "{moment}");
        // m (width^2 + height^2) / 12 around the middle
        let square = record(&api, "cpBB", &[-1.0, -2.0, 1.0, 2.0]);
        let moment = number("cpMomentForBox2", &values![3.0, &square]);
        assert!((moment - 5.0).abs() < 1e-12, "{moment}");
    }
}

#[test]
fn vectors_and_boxes_come_back_by_value() {
    let Some(chipmunk) = chipmunk() else { return };
    for api in chipmunk.engines() {
        let space = api.call("cpSpaceNew", &[]);
        api.call(
            "cpSpaceSetGravity",
            &values![&space, &vect(&api, 1.25, -9.75)],
        );
        let gravity = api.pure("cpSpaceGetGravity", &values![&space]);
        assert_eq!(gravity.to_string(), "{ x: 1.25, y: -9.75 }");
        let body = api.call("cpSpaceGetStaticBody", &values![&space]);
        let circle = api.call(
            "cpCircleShapeNew",
            &values![&body, 2.0, &vect(&api, 1.0, 0.0)],
        );
        // a quarter turn and a move: x' = -y + 10, y' = x + 20
        let turn = record(&api, "cpTransform", &[0.0, 1.0, -1.0, 0.0, 10.0, 20.0]);
        let bounds = api.pure("cpShapeUpdate", &values![&circle, &turn]);
        assert_eq!(
            numbers(bounds.as_record().unwrap()),
            [8.0, 19.0, 12.0, 23.0]
        );
        api.call("cpShapeFree", &values![&circle]);
        api.call("cpSpaceFree", &values![&space]);
    }
}

/// A ball of radius 5 above flat ground, after each of `steps` steps.
fn fall(api: &Api, steps: u32, dt: f64, mut each: impl FnMut(u32, Vec<f64>)) {
    let space = api.call("cpSpaceNew", &[]);
    api.call(
        "cpSpaceSetGravity",
        &values![&space, &vect(api, 0.0, -100.0)],
    );
    let ground = api.call("cpSpaceGetStaticBody", &values![&space]);
    let (left, right) = (vect(api, -200.0, 0.0), vect(api, 200.0, 0.0));
    let ground = api.call("cpSegmentShapeNew", &values![&ground, &left, &right, 0.0]);
    api.call("cpShapeSetFriction", &values![&ground, 1.0]);
    api.call("cpSpaceAddShape", &values![&space, &ground]);
    let zero = vect(api, 0.0, 0.0);
    let moment = api.call("cpMomentForCircle", &values![1.0, 0.0, 5.0, &zero]);
    let body = api.call("cpBodyNew", &values![1.0, &moment]);
    api.call("cpSpaceAddBody", &values![&space, &body]);
    api.call("cpBodySetPosition", &values![&body, &vect(api, 3.0, 100.0)]);
    let ball = api.call("cpCircleShapeNew", &values![&body, 5.0, &zero]);
    api.call("cpSpaceAddShape", &values![&space, &ball]);
    for step in 1..=steps {
        api.call("cpSpaceStep", &values![&space, dt]);
        let position = api.call("cpBodyGetPosition", &values![&body]);
        each(step, numbers(position.as_record().unwrap()));
    }
    api.call("cpShapeFree", &values![&ball]);
    api.call("cpBodyFree", &values![&body]);
    api.call("cpShapeFree", &values![&ground]);
    api.call("cpSpaceFree", &values![&space]);
}

#[test]
fn a_ball_falls_by_the_law_and_comes_to_rest_on_the_ground() {
    const STEPS: u32 = 600;
    let Some(chipmunk) = chipmunk() else { return };
    for api in chipmunk.engines() {
        let dt = 1.0 / 60.0;
        let mut last = Vec::new();
        fall(&api, STEPS, dt, |step, position| {
            // each step moves by the velocity of the step before
            let n = f64::from(step);
            let expected = 100.0 - 100.0 * dt * dt * n * (n - 1.0) / 2.0;
            if expected > 6.0 {
                assert!(
                    (position[1] - expected).abs() < 1e-9,
                    "{step}: {position:?}"
                );
            }
            last = position;
        });
        // Chipmunk lets bodies sink in by 0.1.
        assert!((last[0] - 3.0).abs() < 1e-6, "{last:?}");
        assert!((last[1] - 5.0).abs() < 0.2, "{last:?}");
    }
}

#[test]
fn calls_with_rust_types_give_the_same() {
    let Some(api) = chipmunk() else { return };
    let area = api.function("cpAreaForSegment");
    let (a, b) = (Vect { x: 3.0, y: 4.0 }, Vect { x: 6.0, y: 8.0 });
    // SAFETY: the declarations are those of the manual.
    let area: f64 = unsafe { area.call((a, b, 0.5)) }.unwrap();
    assert!(
        (area - (std::f64::consts::PI / 4.0 + 5.0)).abs() < 1e-12,
        "{area}"
    );
    let body = api.function("cpBodyNew");
    // SAFETY: as above.
    let body: *mut std::ffi::c_void = unsafe { body.call((1.0, 1.0)) }.unwrap();
    let set = api.function("cpBodySetPosition");
    // SAFETY: as above.
    unsafe { set.call::<_, ()>((body, a)) }.unwrap();
    let get = api.function("cpBodyGetPosition");
    let get = get
        .typed::<unsafe extern "C" fn(*mut std::ffi::c_void) -> Vect>()
        .unwrap();
    // SAFETY: as above.
    assert_eq!(unsafe { get(body) }, a);
    // SAFETY: as above.
    unsafe { api.function("cpBodyFree").call::<_, ()>((body,)) }.unwrap();
}

#[test]
fn the_version_is_a_variable() {
    let Some(chipmunk) = chipmunk() else { return };
    // SAFETY: a constant of the library.
    let version = unsafe { chipmunk.variable("cpVersionString").read() }.unwrap();
    // SAFETY: it is a constant text.
    let version = unsafe { version.as_value().as_c_str() }.unwrap();
    assert!(version.to_str().unwrap().starts_with('7'), "{version:?}");
}
