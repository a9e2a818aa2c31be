/** A variable, found in the function itself (`isLocal`, its index on the stack) or captured from the one around it. */
export interface Variable {
  readonly isLocal: boolean
  readonly index: number
}

interface Local {
  readonly name: string
  readonly depth: number
  isCaptured: boolean
}

/**
 * The variables of one function, in the order in which they lie on the VM's stack. Between two statements the stack of a
 * function holds its variables and nothing else, so the number of a variable is its index.
 */
export class Scope {
  /** The variables of the functions around this one that it uses. */
  readonly upvalues: Variable[] = []
  private readonly locals: Local[] = []
  private depth = 0

  constructor(private readonly around?: Scope) {}

  open(): void {
    this.depth += 1
  }

  /** Ends the innermost block. For each of its variables, the last first: whether a function has captured it. */
  close(): boolean[] {
    const first = this.locals.findIndex(({ depth }) => depth === this.depth)
    this.depth -= 1
    if (first < 0) return []
    return this.locals
      .splice(first)
      .reverse()
      .map(({ isCaptured }) => isCaptured)
  }

  declare(name: string): number {
    return this.locals.push({ name, depth: this.depth, isCaptured: false }) - 1
  }

  /** `undefined`: the name is not a variable, so it is a global or a function of the VM. */
  find(name: string): Variable | undefined {
    const index = this.locals.findLastIndex((local) => local.name === name)
    if (index >= 0) return { isLocal: true, index }
    const outer = this.around?.find(name)
    if (outer === undefined) return undefined
    if (outer.isLocal) this.around?.capture(outer.index)
    const known = this.upvalues.findIndex((one) => one.isLocal === outer.isLocal && one.index === outer.index)
    return { isLocal: false, index: known >= 0 ? known : this.upvalues.push(outer) - 1 }
  }

  private capture(index: number): void {
    const local = this.locals[index]
    if (local !== undefined) local.isCaptured = true
  }
}
