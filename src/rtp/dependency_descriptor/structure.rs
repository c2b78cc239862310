//! A.8.2 template_dependency_structure().

use super::error::DescriptorError;
use super::frame::{DecodeTargetIndication, FrameDependencies, check_layer, limit};
use super::list::ShortList;
use super::{
    MAX_DECODE_TARGETS, MAX_TEMPLATE_CHAIN_FDIFF, MAX_TEMPLATE_FDIFF, MAX_TEMPLATES, TEMPLATE_IDS,
};
use crate::av1::obu::LayerId;
use crate::av1::obu::bits::{BitReader, BitWriter};

/// The largest pictures of a spatial layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RenderResolution {
    /// Width in luma samples, 1 to 65,536.
    pub width: u32,
    /// Height in luma samples, 1 to 65,536.
    pub height: u32,
}

/// What many frames have in common, sent with the first packet of a coded video sequence.
///
/// It is in order by construction: what cannot be written is refused by [`new`](Self::new).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DependencyStructure {
    template_id_offset: u8,
    templates: Vec<FrameDependencies>,
    /// For each decode target its chain; empty without chains.
    protected_by: ShortList<u8, MAX_DECODE_TARGETS>,
    /// One for each spatial layer, or none at all.
    resolutions: Vec<RenderResolution>,
}

impl DependencyStructure {
    /// A structure of these templates, with `template_id_offset` 0 and without resolutions. The
    /// chain that protects each decode target is given by `protected_by`, which is empty without
    /// chains.
    ///
    /// # Errors
    /// No or more than 64 templates; unequal numbers of decode targets or chains among them; a chain
    /// that there is not; a difference beyond 16, or 15 of a chain; templates that are not sorted by
    /// layer, from layer 0 on.
    pub fn new(
        templates: Vec<FrameDependencies>,
        protected_by: &[u8],
    ) -> Result<Self, DescriptorError> {
        limit("templates", templates.len(), 1, MAX_TEMPLATES)?;
        let (targets, chains) = (templates[0].dtis.len(), templates[0].chain_fdiffs.len());
        let mut layer = LayerId::default();
        for (index, template) in templates.iter().enumerate() {
            let steps = [layer, next_temporal(layer), next_spatial(layer)];
            let allowed = if index == 0 { &steps[..1] } else { &steps[..] };
            if !allowed.contains(&template.layer()) {
                return Err(DescriptorError::TemplateOrder { index });
            }
            layer = template.layer();
            check_layer(layer)?;
            mismatch("decode targets", template.dtis.len(), targets)?;
            mismatch("chains", template.chain_fdiffs.len(), chains)?;
            for &fdiff in &*template.fdiffs {
                limit("fdiff of a template", fdiff.into(), 1, MAX_TEMPLATE_FDIFF.into())?;
            }
            for &fdiff in &*template.chain_fdiffs {
                let max = MAX_TEMPLATE_CHAIN_FDIFF.into();
                limit("chain fdiff of a template", fdiff.into(), 0, max)?;
            }
        }
        limit("decode targets", targets, 1, MAX_DECODE_TARGETS)?;
        limit("chains", chains, 0, targets)?;
        mismatch("protected targets", protected_by.len(), if chains > 0 { targets } else { 0 })?;
        for &chain in protected_by {
            limit("chain", chain.into(), 0, chains - 1)?;
        }
        let protected_by = ShortList::of("decode targets", protected_by)?;
        Ok(Self { template_id_offset: 0, templates, protected_by, resolutions: Vec::new() })
    }

    /// The same with another `template_id_offset`, of which the low six bits count.
    #[must_use]
    pub fn with_template_id_offset(mut self, offset: u8) -> Self {
        self.template_id_offset = offset % TEMPLATE_IDS;
        self
    }

    /// The same with resolutions, one for each spatial layer.
    ///
    /// # Errors
    /// Another number of them, or a side outside 1 to 65,536.
    pub fn with_resolutions(
        mut self,
        resolutions: Vec<RenderResolution>,
    ) -> Result<Self, DescriptorError> {
        mismatch("resolutions", resolutions.len(), usize::from(self.max_spatial_id()) + 1)?;
        for &RenderResolution { width, height } in &resolutions {
            limit("render width", width as usize, 1, 1 << 16)?;
            limit("render height", height as usize, 1, 1 << 16)?;
        }
        self.resolutions = resolutions;
        Ok(self)
    }

    /// The id of the first template, 0 to 63.
    pub fn template_id_offset(&self) -> u8 {
        self.template_id_offset
    }

    /// The templates, at least one.
    pub fn templates(&self) -> &[FrameDependencies] {
        &self.templates
    }

    /// How many decode targets there are, 1 to 32.
    pub fn decode_targets(&self) -> usize {
        self.templates[0].dtis.len()
    }

    /// How many chains there are; at most as many as decode targets.
    pub fn chains(&self) -> usize {
        self.templates[0].chain_fdiffs.len()
    }

    /// For each decode target the chain that protects it; empty without chains.
    pub fn protected_by(&self) -> &[u8] {
        &self.protected_by
    }

    /// The largest pictures of each spatial layer; empty if it does not say.
    pub fn resolutions(&self) -> &[RenderResolution] {
        &self.resolutions
    }

    /// The highest spatial layer of a template.
    pub fn max_spatial_id(&self) -> u8 {
        self.templates.last().map_or(0, |template| template.spatial_id)
    }

    /// All decode targets as a mask.
    pub fn all_decode_targets(&self) -> u32 {
        u32::MAX >> (32 - self.decode_targets())
    }

    /// A.8.2 decode_target_layers(): the highest temporal and spatial layer of a decode target;
    /// layer 0 of one that there is not.
    pub fn decode_target_layer(&self, decode_target: usize) -> LayerId {
        let present = self.templates.iter().filter(|t| t.belongs_to(decode_target));
        present.fold(LayerId::default(), |highest, template| LayerId {
            temporal_id: highest.temporal_id.max(template.temporal_id),
            spatial_id: highest.spatial_id.max(template.spatial_id),
        })
    }

    /// The decode target of the most layers within `highest`, spatial before temporal ones, among
    /// those that the mask `active` has.
    pub fn best_decode_target(&self, highest: LayerId, active: u32) -> Option<usize> {
        (0..self.decode_targets())
            .filter(|target| active >> target & 1 != 0)
            .map(|target| (self.decode_target_layer(target), target))
            .filter(|(layer, _)| {
                layer.spatial_id <= highest.spatial_id && layer.temporal_id <= highest.temporal_id
            })
            .max_by_key(|&(layer, target)| {
                (layer.spatial_id, layer.temporal_id, usize::MAX - target)
            })
            .map(|(_, target)| target)
    }

    /// A.6 ChainHasActiveDecodeTarget, as a mask over all chains.
    pub fn active_chains(&self, active_decode_targets: u32) -> u32 {
        let targets = self.protected_by.iter().enumerate();
        targets
            .filter(|(target, _)| active_decode_targets >> target & 1 != 0)
            .fold(0, |mask, (_, chain)| mask | 1 << chain)
    }

    /// A.6 PartOfActiveChain, of an active chain: whether a frame with these indications is part
    /// of it.
    pub fn is_part_of_chain(&self, frame: &FrameDependencies, chain: usize) -> bool {
        let targets = self.protected_by.iter().zip(&*frame.dtis);
        let mut protected = targets.filter(|&(&by, _)| usize::from(by) == chain).peekable();
        protected.peek().is_some()
            && protected.all(|(_, dti)| {
                matches!(dti, DecodeTargetIndication::Switch | DecodeTargetIndication::Required)
            })
    }

    /// The template with this id.
    pub(crate) fn template(&self, template_id: u8) -> Option<&FrameDependencies> {
        let index = (template_id + TEMPLATE_IDS - self.template_id_offset) % TEMPLATE_IDS;
        self.templates.get(usize::from(index))
    }

    /// Whether a template id stands for a template of both.
    pub(super) fn shares_ids_with(&self, other: &Self) -> bool {
        let index = |of: &Self, id: u8| {
            usize::from((id + TEMPLATE_IDS - of.template_id_offset) % TEMPLATE_IDS)
        };
        index(self, other.template_id_offset) < self.templates.len()
            || index(other, self.template_id_offset) < other.templates.len()
    }

    /// Reads the structure; the reader stands behind it.
    pub(super) fn parse(bits: &mut BitReader<'_>) -> Result<Self, DescriptorError> {
        let template_id_offset = bits.byte(6)?;
        let targets = usize::from(bits.byte(5)?) + 1;
        let mut templates = template_layers(bits)?;
        for template in &mut templates {
            for _ in 0..targets {
                let dti = DecodeTargetIndication::from_bits(bits.byte(2)?);
                template.dtis.push("decode targets", dti)?;
            }
        }
        for template in &mut templates {
            while bits.flag()? {
                template.fdiffs.push("fdiffs", u16::from(bits.byte(4)?) + 1)?;
            }
        }
        let chains = bits.ns(targets as u32 + 1)?;
        let mut protected_by = ShortList::new();
        if chains > 0 {
            for _ in 0..targets {
                protected_by.push("decode targets", bits.ns(chains)? as u8)?;
            }
            for template in &mut templates {
                for _ in 0..chains {
                    template.chain_fdiffs.push("chains", bits.byte(4)?)?;
                }
            }
        }
        let mut structure =
            Self { template_id_offset, templates, protected_by, resolutions: Vec::new() };
        if bits.flag()? {
            for _ in 0..=structure.max_spatial_id() {
                let (width, height) = (bits.f(16)? + 1, bits.f(16)? + 1);
                structure.resolutions.push(RenderResolution { width, height });
            }
        }
        Ok(structure)
    }

    pub(super) fn write(&self, bits: &mut BitWriter) -> Result<(), DescriptorError> {
        bits.f("template_id_offset", 6, self.template_id_offset.into())?;
        bits.f("dt_cnt_minus_one", 5, self.decode_targets() as u32 - 1)?;
        for pair in self.templates.windows(2) {
            let (this, next) = (pair[0].layer(), pair[1].layer());
            let idc = if next == this { 0 } else { 1 + u32::from(next == next_spatial(this)) };
            bits.f("next_layer_idc", 2, idc)?;
        }
        bits.f("next_layer_idc", 2, 3)?;
        for dti in self.templates.iter().flat_map(|template| &*template.dtis) {
            bits.f("template_dti", 2, *dti as u32)?;
        }
        for template in &self.templates {
            for &fdiff in &*template.fdiffs {
                bits.flag(true);
                bits.f("fdiff_minus_one", 4, u32::from(fdiff) - 1)?;
            }
            bits.flag(false);
        }
        let chains = self.chains() as u32;
        bits.ns("chain_cnt", self.decode_targets() as u32 + 1, chains)?;
        for &chain in &*self.protected_by {
            bits.ns("decode_target_protected_by", chains, chain.into())?;
        }
        for &fdiff in self.templates.iter().flat_map(|template| &*template.chain_fdiffs) {
            bits.f("template_chain_fdiff", 4, fdiff.into())?;
        }
        bits.flag(!self.resolutions.is_empty());
        for &RenderResolution { width, height } in &self.resolutions {
            bits.f("max_render_width_minus_1", 16, width - 1)?;
            bits.f("max_render_height_minus_1", 16, height - 1)?;
        }
        Ok(())
    }
}

/// A.8.2 template_layers(): templates with their layers and nothing else.
fn template_layers(bits: &mut BitReader<'_>) -> Result<Vec<FrameDependencies>, DescriptorError> {
    let mut templates = Vec::new();
    let mut layer = LayerId::default();
    loop {
        limit("templates", templates.len() + 1, 1, MAX_TEMPLATES)?;
        check_layer(layer)?;
        templates.push(FrameDependencies {
            spatial_id: layer.spatial_id,
            temporal_id: layer.temporal_id,
            dtis: ShortList::new(),
            fdiffs: ShortList::new(),
            chain_fdiffs: ShortList::new(),
        });
        layer = match bits.byte(2)? {
            0 => layer,
            1 => next_temporal(layer),
            2 => next_spatial(layer),
            _ => return Ok(templates),
        };
    }
}

const fn next_temporal(layer: LayerId) -> LayerId {
    LayerId { temporal_id: layer.temporal_id + 1, ..layer }
}

const fn next_spatial(layer: LayerId) -> LayerId {
    LayerId { temporal_id: 0, spatial_id: layer.spatial_id + 1 }
}

fn mismatch(what: &'static str, count: usize, expected: usize) -> Result<(), DescriptorError> {
    if count == expected {
        Ok(())
    } else {
        Err(DescriptorError::Mismatch { what, count, expected })
    }
}
