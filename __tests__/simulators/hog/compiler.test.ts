import { convertHogToJS } from '@posthog/hogvm'
import { compileProgram, compileTemplate, UnknownHog } from '../../../tools/simulators/hog/compiler'
import { HogSyntaxError, loadHogParser } from '../../../tools/simulators/hog/syntax-tree'
import type { HogParser } from '../../../tools/simulators/hog/syntax-tree'
import { newestVm, runInVm } from '../../../tools/simulators/hog/vm'
import { vms } from '../../destination/vms'

let parser: HogParser

beforeAll(async () => {
  parser = await loadHogParser()
})

const globals = { event: { event: 'purchase', properties: { plan: 'pro', 'a b': 1, list: ['x', 'y'] } }, nothing: null }

describe.each(vms)('Hog in the VM %s', (_, vm) => {
  function valueOf(code: unknown[]): unknown {
    const result = runInVm(vm, code, { globals })
    if (result.error !== undefined) throw result.error as Error
    expect(result.finished).toBe(true)
    return convertHogToJS(result.result)
  }

  it.each<[source: string, value: unknown]>([
    ['return', null],
    ['return 1 + 2 * 3 - 4 / 2', 5],
    ['return 7 % 4', 3],
    ['return 1.5', 1.5],
    ["return 'a\\n\\'b\\\\'", "a\n'b\\"],
    ['return [1, [true, null]]', [1, [true, null]]],
    ["return {'a': {'b': 1}}", { a: { b: 1 } }],
    ['return 3 > 2 and 2 >= 2 and 1 < 2 and 1 <= 1 and 1 == 1 and 1 != 2', true],
    ['return 2 > 3 or 3 < 2', false],
    ["return not ('a' in ['a', 'b']) or 'c' not in ['a']", true],
    // The VM anchors no pattern.
    ["return 'abc' like 'b%' and 'abc' not like 'd%'", true],
    ["return 'aBc' ilike '%AB%' and 'aBc' not ilike 'd%'", true],
    ["return 'abc' =~ '^a' and 'abc' !~ '^b'", true],
    ['return event.properties.plan', 'pro'],
    ["return event.properties['a b']", 1],
    ['return event.properties.missing.deeper', null],
    ['return nothing.deeper', null],
    ["return event.properties.list[2] || '!'", 'y!'],
    ["return nothing ?? 'else'", 'else'],
    ["return event.event ?? 'else'", 'purchase'],
    ["return 1 == 1 ? 'yes' : lower(5)", 'yes'],
    ["return f'{event.event}: {1 + 1}'", 'purchase: 2'],
    ['let a := 1; a := a + 1; return a', 2],
    ['let a; return a', null],
    ["let a := {'b': {}}; a.b.c := 1; a['d'] := 2; return a", { b: { c: 1 }, d: 2 }],
    ['let a := 1; if (a == 1) { let b := 5; a := b } else { a := 3 } return a', 5],
    ['let a := 1; if (a == 2) { a := 2 } else if (a == 1) { a := 3 } return a', 3],
    ['let i := 0; while (i < 5) { let j := i + 2; i := j } return i', 6],
    ["let t := ''; for (let k, v in {'a': 1, 'b': 2}) { t := concat(t, k, v) } return t", 'a1b2'],
    ['let n := 0; for (let v in [1, 2, 3]) { let w := v; n := n + w } let m := n; return m', 6],
    ['for (let v in []) { return v } return 1', 1],
    ['fun f(x) { return x + 1 } return f(f(1))', 3],
    ['fun f(x, y) { return y } return f(1)', null],
    ['fun f() { let a := 1 } return f()', null],
    ['fun f(n) { return n < 2 ? 1 : n * f(n - 1) } return f(5)', 120],
    ['let a := 1; fun f() { return a } a := 2; return f()', 2],
    ['let a := 1; fun f() { a := a + 1 } f(); f(); return a', 3],
    ['let a := 1; fun f() { fun g() { return a } return g() } return f()', 1],
    [
      'let fs := []; if (true) { let v := 2; fun f() { return v } fs := [f] } let w := 3; let g := fs[1]; return g()',
      2,
    ],
    ['let a := 1; fun f() { for (let v in [5, 6]) { if (v == 6) { return a + v } } } let b := f(); return b + a', 8],
  ])('%s', (source, value) => {
    expect(valueOf(compileProgram(parser.program(source)))).toEqual(value)
  })

  it.each<[template: string, value: unknown]>([
    ['', ''],
    ['plain \'"text', 'plain \'"text'],
    ['{event.properties.list}', ['x', 'y']],
    ['{event.properties.missing}', null],
    ['{event.event} on {event.properties.plan}{event.properties.missing}', 'purchase on pro'],
    ["{event.properties.missing ?? 'none'}", 'none'],
    ['\\{event}', '{event}'],
  ])('the template %s', (template, value) => {
    expect(valueOf(compileTemplate(parser.template(template)))).toEqual(value)
  })
})

describe('a run ends at Hog that PostHog saves anyway', () => {
  it.each([
    ['return elif(1)', 'elif'],
    ['return constructor()', 'constructor'],
    ['return (x -> x)', 'lambda'],
  ])('%s', (source, named) => {
    const result = runInVm(newestVm, compileProgram(parser.program(source)), { globals })
    expect(String(result.error)).toContain(named)
  })
})

describe('the compiler refuses', () => {
  it.each<[source: string, named: string]>([
    ['return (1, 2)', 'Tuple'],
    ['try { print(1) } catch (e) { print(e) }', 'TryCatchStatement'],
    ['for (let i := 0; i < 3; i := i + 1) { print(i) }', 'ForStatement'],
    ['return toString(1)(2)', '"toString"'],
    ['return lower()', '"lower" with 0 arguments'],
    ["return fetch('a', {}, 3)", '"fetch" with 3 arguments'],
    ['event := 1', '"event"'],
  ])('%s', (source, named) => {
    const compile = (): unknown => compileProgram(parser.program(source))
    expect(compile).toThrow(UnknownHog)
    expect(compile).toThrow(named)
  })

  it('what is not Hog, with its line', () => {
    expect(() => parser.program('let a := 1\nlet b := "')).toThrow(HogSyntaxError)
    expect(() => parser.program('let a := 1\nlet b := "')).toThrow('Line 2: ')
    expect(() => parser.template('{')).toThrow(HogSyntaxError)
  })
})
