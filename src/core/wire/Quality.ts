// Quality bits, by the standard's symbols, as they lie in SIQ, DIQ, QDS, QDP, SEP and in octet 5 of the binary
// counter reading (IEC 60870-5-101 7.2.6.1-4, 7.2.6.9).

/** Overflow, bit 1 of QDS: the value is beyond its range. */
export const OV = 0x01
/** Elapsed time invalid, bit 4 of QDP and SEP. */
export const EI = 0x08
/** Blocked, bit 5: blocked for transmission, the value is the one from before blocking. */
export const BL = 0x10
/** Substituted, bit 6: entered by an operator or another source. */
export const SB = 0x20
/** Not topical, bit 7: the last update failed or is too old. */
export const NT = 0x40
/** Invalid, bit 8: the value must not be used. Bit 8 of BCR octet 5 too. */
export const IV = 0x80

/** The quality bits of SIQ and DIQ; the rest of the octet is the state. */
export const POINT_MASK = 0xf0
/** The quality bits of QDS. */
export const QDS_MASK = 0xf1
/** The quality bits of QDP and SEP. */
export const QDP_MASK = 0xf8

/** Sequence number 0..31, bits 1..5 of BCR octet 5. */
export const SQ_MASK = 0x1f
/** Carry, bit 6 of BCR octet 5: the counter overflowed in the period. */
export const CY = 0x20
/** Adjusted, bit 7 of BCR octet 5: the counter was set since the last reading. */
export const CA = 0x40
/** The quality bits of BCR octet 5. */
export const BCR_MASK = 0xe0
