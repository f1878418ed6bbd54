// Which class of information the points of each type have.
import { Type } from "../enums.ts"
import * as classes from "./classes.ts"
import type { CoreForm, Origin } from "./Information.ts"

export * from "./classes.ts"
export { type CoreForm, Information, type Origin } from "./Information.ts"

/** The class of every type that can be a point. */
export const classOf = {
  [Type.M_SP_NA_1]: classes.SingleInfo,
  [Type.M_SP_TB_1]: classes.SingleInfo,
  [Type.M_DP_NA_1]: classes.DoubleInfo,
  [Type.M_DP_TB_1]: classes.DoubleInfo,
  [Type.M_ST_NA_1]: classes.StepInfo,
  [Type.M_ST_TB_1]: classes.StepInfo,
  [Type.M_BO_NA_1]: classes.BinaryInfo,
  [Type.M_BO_TB_1]: classes.BinaryInfo,
  [Type.M_ME_NA_1]: classes.NormalizedInfo,
  [Type.M_ME_TD_1]: classes.NormalizedInfo,
  [Type.M_ME_ND_1]: classes.NormalizedInfo,
  [Type.M_ME_NB_1]: classes.ScaledInfo,
  [Type.M_ME_TE_1]: classes.ScaledInfo,
  [Type.M_ME_NC_1]: classes.ShortInfo,
  [Type.M_ME_TF_1]: classes.ShortInfo,
  [Type.M_IT_NA_1]: classes.BinaryCounterInfo,
  [Type.M_IT_TB_1]: classes.BinaryCounterInfo,
  [Type.M_PS_NA_1]: classes.StatusAndChanged,
  [Type.M_EP_TD_1]: classes.ProtectionEventInfo,
  [Type.M_EP_TE_1]: classes.ProtectionStartInfo,
  [Type.M_EP_TF_1]: classes.ProtectionCircuitInfo,
  [Type.C_SC_NA_1]: classes.SingleCmd,
  [Type.C_SC_TA_1]: classes.SingleCmd,
  [Type.C_DC_NA_1]: classes.DoubleCmd,
  [Type.C_DC_TA_1]: classes.DoubleCmd,
  [Type.C_RC_NA_1]: classes.StepCmd,
  [Type.C_RC_TA_1]: classes.StepCmd,
  [Type.C_BO_NA_1]: classes.BinaryCmd,
  [Type.C_BO_TA_1]: classes.BinaryCmd,
  [Type.C_SE_NA_1]: classes.NormalizedCmd,
  [Type.C_SE_TA_1]: classes.NormalizedCmd,
  [Type.C_SE_NB_1]: classes.ScaledCmd,
  [Type.C_SE_TB_1]: classes.ScaledCmd,
  [Type.C_SE_NC_1]: classes.ShortCmd,
  [Type.C_SE_TC_1]: classes.ShortCmd
} as const

/** A type that can be a point. */
export type PointType = keyof typeof classOf

/** The information of a point of type `T`. */
export type InformationOf<T extends PointType> = InstanceType<(typeof classOf)[T]>
/** Information of any class. */
export type AnyInformation = InformationOf<PointType>
/** What a point of type `T` gives as its value, and as its quality. */
export type ValueOf<T extends PointType> = InformationOf<T>["value"]
export type QualityOf<T extends PointType> = InformationOf<T>["quality"]
/** What a program may set as the value of a point of type `T`: also plain numbers instead of number classes. */
export type ValueGivenTo<T extends PointType> = Parameters<(typeof classOf)[T]["valueToCore"]>[0]

/** The class of the information of a point of type `T`, as far as all such classes are alike. */
export interface InformationClassOf<T extends PointType> {
  readonly name: string
  readonly prototype: InformationOf<T>
  [Symbol.hasInstance](given: unknown): given is InformationOf<T>
  /** The information behind the numbers of the core. */
  fromCore(form: CoreForm, origin?: Origin): InformationOf<T>
  /** The number that the core has for a value. Throws `InvalidValue`. */
  valueToCore(given: ValueGivenTo<T>): number
  valueFromCore(number: number): ValueOf<T>
  /** The quality bits of the core. Throws `InvalidValue`. Classes without quality ignore what is given. */
  qualityToCore(given: QualityOf<T>): number
  qualityFromCore(bits: number): QualityOf<T>
}

/** A class of information when it does not matter which. */
export type AnyInformationClass = InformationClassOf<PointType>

export const isPointType = (type: number): type is PointType => type in classOf

/** The class of information of a point type. */
export const informationOf = <T extends PointType>(type: T): InformationClassOf<T> =>
  // Each class is the one of its row; the compiler cannot follow that through a `T` that is still open.
  classOf[type] as unknown as InformationClassOf<T>
