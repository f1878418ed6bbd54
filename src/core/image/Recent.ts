// A map from numbers to what is mostly gone before another comes: the newest stands by itself, so that such costs no entry. Plain data
// that is changed in place. None is put under a number again that it was taken from.

export interface Recent<A> {
  /** The newest; undefined: it is gone. */
  newest: A | undefined
  key: number
  /** Others that are left. */
  readonly others: Map<number, A>
}

export const none = <A>(): Recent<A> => ({ newest: undefined, key: 0, others: new Map() })

export const size = <A>({ newest, others }: Recent<A>): number => others.size + (newest === undefined ? 0 : 1)

/** The value of a number, or undefined. */
export function find<A>(recent: Recent<A>, key: number): A | undefined {
  return recent.key === key ? recent.newest : recent.others.get(key)
}

/** Gives a number a value, which takes the place of the one before. */
export function put<A>(recent: Recent<A>, key: number, value: A): void {
  if (recent.key !== key) {
    const { newest, others } = recent
    if (others.size > 0 && others.has(key)) return void others.set(key, value)
    if (newest !== undefined) others.set(recent.key, newest)
    recent.key = key
  }
  recent.newest = value
}

/** Takes the value of a number away. */
export function drop<A>(recent: Recent<A>, key: number): void {
  if (recent.key === key) recent.newest = undefined
  else recent.others.delete(key)
}
