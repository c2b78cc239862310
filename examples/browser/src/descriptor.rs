//! The dependency descriptor as a header extension of str0m's.

use bytes::Bytes;
use rtav1::rtp::dependency_descriptor::{EXTENSION_URI, MAX_ONE_BYTE_LEN};
use str0m::rtp::{Extension, ExtensionSerializer, ExtensionValues};

/// The bytes of a packet's descriptor among the values of its header extension.
#[derive(Clone, Debug)]
pub(crate) struct Descriptor(pub(crate) Bytes);

/// The extension as it is told of in SDP.
pub(crate) fn extension() -> Extension {
    Extension::with_serializer(EXTENSION_URI, Serializer)
}

/// The values of a packet with this descriptor.
pub(crate) fn values(descriptor: Bytes) -> ExtensionValues {
    let mut values = ExtensionValues::default();
    values.user_values.set(Descriptor(descriptor));
    values
}

/// The descriptor of a packet; empty without one.
pub(crate) fn of(values: &ExtensionValues) -> Bytes {
    values.user_values.get::<Descriptor>().map(|found| found.0.clone()).unwrap_or_default()
}

#[derive(Debug)]
struct Serializer;

impl ExtensionSerializer for Serializer {
    fn write_to(&self, buffer: &mut [u8], values: &ExtensionValues) -> usize {
        let descriptor = of(values);
        let Some(room) = buffer.get_mut(..descriptor.len()) else { return 0 };
        room.copy_from_slice(&descriptor);
        descriptor.len()
    }

    fn parse_value(&self, bytes: &[u8], values: &mut ExtensionValues) -> bool {
        values.user_values.set(Descriptor(Bytes::copy_from_slice(bytes)));
        true
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }

    /// RFC 8285, 4.2: a length of one byte's half goes up to 16.
    fn requires_two_byte_form(&self, values: &ExtensionValues) -> bool {
        of(values).len() > MAX_ONE_BYTE_LEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_descriptors_ask_for_the_two_byte_form() {
        for (len, two_bytes) in [(0, false), (3, false), (16, false), (17, true)] {
            let values = values(vec![7; len].into());
            assert_eq!(Serializer.requires_two_byte_form(&values), two_bytes);
            let mut buffer = [0; 20];
            assert_eq!(Serializer.write_to(&mut buffer, &values), len);
            let mut read = ExtensionValues::default();
            assert!(Serializer.parse_value(&buffer[..len], &mut read));
            assert_eq!(of(&read), vec![7; len]);
        }
    }
}
