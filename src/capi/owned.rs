//! Results that belong to the caller until it gives them back.

use super::handle::{drop_quietly, take};

/// A struct with the pointers that C sees, in front of what they lead to.
#[repr(C)]
struct Owned<V: View> {
    view: V,
    owner: V::Owner,
}

/// What C sees of a result.
pub(super) trait View: Sized {
    /// What keeps the pointers of the view valid; moving it moves none of the memory they lead to.
    type Owner;
}

/// Gives `view` to the caller together with its owner.
pub(super) fn give<V: View>(view: V, owner: V::Owner) -> *const V {
    Box::into_raw(Box::new(Owned { view, owner })).cast::<V>()
}

/// Takes back the result at `slot`, if there is one, and leaves null.
///
/// # Safety
/// Unless null, `slot` can be written and holds null or what [`give`] gave and was not released.
pub(super) unsafe fn release<V: View>(slot: *mut *const V) {
    // SAFETY: as for this function; the two kinds of pointers have one form.
    let view = unsafe { take(slot.cast::<*mut V>()) };
    if !view.is_null() {
        // SAFETY: `give` made it from a box of this type, whose first field the view is.
        let owned = unsafe { Box::from_raw(view.cast::<Owned<V>>()) };
        drop_quietly(owned);
    }
}
