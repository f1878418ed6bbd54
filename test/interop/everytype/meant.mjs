// What was meant against what tshark saw: the values that the process told, and the points that stand still.
import { objectsOf } from "./compare.mjs"

const spontaneous = 3
const isTime = (key) => key.startsWith("time.")

const shownObjects = (shown) =>
  shown
    .filter(({ from, header }) => from === "server" && header.typeId !== undefined)
    .flatMap((apdu) =>
      objectsOf(apdu).map(({ ioa, fields: { reserved: _, ...fields } }) => ({ ...apdu.header, ioa, fields }))
    )

/** The first field in which `seen` is not what was meant, or null; `meant` may leave fields out when `isPart`. */
const difference = (meant, seen, isPart) => {
  const keys = new Set([...Object.keys(meant), ...(isPart ? [] : Object.keys(seen))])
  const key = [...keys].find((name) => !Object.is(meant[name], seen[name]))
  return key === undefined ? null : `${key} is ${seen[key]}, meant ${meant[key]}`
}

const withoutTime = (fields) => Object.fromEntries(Object.entries(fields).filter(([key]) => !isTime(key)))

/**
 * Every told value arrived once, in order, as it was meant. `told`: `[{ ca, ioa, type, cause, fields }]`.
 * Gives `{ compared, wrong }`, `wrong` as texts.
 */
export const judgeTold = (shown, told, isPart = false) => {
  const seen = Map.groupBy(shownObjects(shown), (o) => `${o.ca}/${o.ioa}/${o.typeId}/${o.cot}`)
  const meant = Map.groupBy(told, ({ ca, ioa, type, cause = spontaneous }) => `${ca}/${ioa}/${type}/${cause}`)
  const wrong = []
  let compared = 0
  for (const [place, list] of meant) {
    const came = seen.get(place) ?? []
    if (came.length !== list.length)
      wrong.push(`station/address/type/cause ${place}: ${came.length} of ${list.length} values`)
    for (const [index, { fields }] of list.entries()) {
      if (came[index] === undefined) break
      compared += Object.keys(fields).length
      const why = difference(fields, came[index].fields, isPart)
      if (why !== null) wrong.push(`station/address/type/cause ${place}, value ${index + 1}: ${why}`)
    }
  }
  return { compared, wrong }
}

/** Every object of the causes says what `last` says of its place, times aside; every place is there with every cause. */
export const judgeStanding = (shown, last, causes) => {
  const wrong = []
  let compared = 0
  const absent = new Set(causes.flatMap((cause) => [...last.keys()].map((place) => `${place} cause ${cause}`)))
  for (const object of shownObjects(shown)) {
    const place = `${object.ca}/${object.ioa}`
    const fields = last.get(place)
    if (fields === undefined || !causes.includes(object.cot)) continue
    absent.delete(`${place} cause ${object.cot}`)
    compared += Object.keys(object.fields).length
    const why = difference(withoutTime(fields), withoutTime(object.fields), false)
    if (why !== null) wrong.push(`station/address ${place}, cause ${object.cot}: ${why}`)
  }
  return { compared, wrong: [...wrong, ...[...absent].map((place) => `station/address ${place} never came`)] }
}
