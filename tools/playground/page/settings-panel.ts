import { TODAY } from '../contract'
import type { DestinationSettings, Problem, RecipeStart, Settings, SettingsQuestion, Start } from '../contract'
import { withFilters, withMappings, withNames, withRecipe, withRows } from './combined'
import { DestinationForm } from './destination-form'
import { byId, counted } from './dom'
import { keepSettings, type Kept } from './kept-settings'
import { Recipes } from './recipes'
import { ask, sentenceOf } from './server-access'
import { SettingsForm } from './settings-form'
import { rowsOfMapping } from './setting-text'
import { partsOf, SettingsStatus } from './settings-status'

/** A property of an event or of its person. */
export interface Property {
  readonly of: 'event' | 'person'
  readonly name: string
  readonly value: unknown
}

/** The settings column: the form of the edition that the chosen server runs, and the recipes that it is made of. */
export class SettingsPanel {
  readonly status = new SettingsStatus((key) => {
    this.focus(key)
  })
  private readonly app: SettingsForm
  private readonly destination: DestinationForm
  private readonly server = byId('server', 'select')
  private readonly recipes: Recipes
  /** The ids of the recipes that each form is made of; a form gets the others when it is shown. */
  private readonly applied: Record<'app' | 'destination', string>

  constructor(
    start: Start,
    kept: Partial<Kept>,
    private readonly onChange: () => void,
    onRecipe: () => void,
  ) {
    this.app = new SettingsForm(start.fields, start.simulatorKey, this.status, onChange)
    this.app.fill(kept.settings ?? {})
    this.destination = new DestinationForm(start.destination, start.simulatorKey, this.status, onChange)
    if (kept.destination !== undefined) this.destination.fill(kept.destination)
    this.recipes = new Recipes(
      start.recipes,
      kept.recipes ?? [],
      () => {
        onRecipe()
        void this.startAnew()
      },
      (recipe) => {
        onRecipe()
        void this.change(() => this.add(recipe))
      },
    )
    this.applied = kept.applied ?? { app: this.recipes.ids.join(), destination: this.recipes.ids.join() }
    this.server.addEventListener('change', () => {
      this.draw()
      this.status.changed()
      if (this.applied[this.edition] === this.recipes.ids.join()) onChange()
      else void this.startAnew()
    })
    this.draw()
  }

  get isToday(): boolean {
    return this.server.value === TODAY
  }

  get chosenRecipes(): readonly RecipeStart[] {
    return this.recipes.all
  }

  question(): SettingsQuestion {
    return {
      settings: this.app.settings(),
      server: this.server.value,
      ...(this.isToday && { destination: this.destination.settings() }),
      recipes: this.recipes.all.map(({ id }) => id),
    }
  }

  /** The settings for what is shown and copied. */
  questionWithoutKey(): SettingsQuestion {
    return {
      settings: this.app.settingsToKeep(),
      server: this.server.value,
      ...(this.isToday && { destination: this.destination.settingsToKeep() }),
    }
  }

  /** Keeps the settings for a reload. */
  keep(): void {
    keepSettings({
      settings: this.app.settingsToKeep(),
      destination: this.destination.settingsToKeep(),
      server: this.server.value,
      recipes: this.recipes.ids,
      applied: this.applied,
    })
  }

  /** Shows the problems at their fields, and counts them above. @returns how many there are. */
  show(problems: readonly Problem[]): number {
    this.form.show(problems)
    const found = this.form.placed(problems)
    this.status.show(found, this.form.accepted)
    return found.length
  }

  /** The problems as a text that leads to their fields. */
  partsOf(problems: readonly Problem[]): (Node | string)[] {
    return partsOf(this.form.placed(problems), (key) => {
      this.focus(key)
    })
  }

  private focus(key: string): void {
    this.form.focus(key)
  }

  private get form(): SettingsForm | DestinationForm {
    return this.isToday ? this.destination : this.app
  }

  /** What "Save" and "Copy" give, and "Load" takes: the settings of the form that is shown, without the key. */
  content(): object {
    return this.form.settingsToKeep()
  }

  /** Fills in the content of a file. Settings of the app become those of the destination if its form is shown. */
  async load(name: string, text: string): Promise<void> {
    const changed = await this.fill(name, text)
    this.mark(changed)
    const { mappings } = this.destination.settings()
    const loaded = this.isToday
      ? `${counted(mappings.length, 'mapping')}: ${mappings.map((mapping) => `“${mapping.name}”`).join(', ')}`
      : `${counted(changed.length, 'setting')} changed`
    this.status.say(`Loaded ${name}: ${loaded}.`)
    this.onChange()
  }

  /** The mailing lists as they are written, by the keys of their fields. */
  mailingLists(): { key: string; names: string[] }[] {
    if (this.isToday) {
      return this.destination.settings().mappings.map(({ inputs }, place) => ({
        key: `${place}.mailingLists`,
        names: Object.keys((inputs.mailingLists as object | undefined) ?? {}),
      }))
    }
    const settings = this.app.settings()
    return ['eventMailingLists', 'contactMailingLists'].map((key) => ({
      key,
      names: (rowsOfMapping(settings[key] ?? '') ?? []).map(([name = '']) => name),
    }))
  }

  /** What `sendEvent` does, for the label of its button. */
  get sendingLabel(): string {
    if (!this.isToday) return 'Add it to “Events to send”'
    const mapping = this.destination.sendingMapping
    return mapping === undefined ? 'Add a mapping for it' : `Add it to the mapping “${mapping}”`
  }

  /** Lets the settings send the event of this name. */
  sendEvent(name: string): void {
    if (this.isToday) {
      const changed = this.destination.sendEvent(name)
      this.mark(changed === undefined ? [] : [changed])
      this.onChange()
    } else {
      this.changeApp('trackedEvents', (text) => withNames(text, JSON.stringify([name])))
    }
  }

  /** Maps the property to a name in Loops. */
  map({ of, name }: Property): void {
    const key = of === 'event' ? 'eventProperties' : 'contactProperties'
    const [nameInLoops, value] = [name.replace(/^\$/, ''), `{${of}.properties.${name}}`]
    if (!this.isToday) {
      this.changeApp(key, (text) => withRows(text, JSON.stringify({ [nameInLoops]: value })))
      return
    }
    this.changeDestination([of === 'event' ? 'event' : 'contact', 'both'], (mapping) => {
      const dictionary = mapping.inputs[key] as object | undefined
      return { ...mapping, inputs: { ...mapping.inputs, [key]: { ...dictionary, [nameInLoops]: value } } }
    })
  }

  /** Sends only the events whose property has this value. */
  filterBy({ of, name, value }: Property): void {
    const filter = { key: name, type: of, operator: 'exact', value }
    if (this.isToday) {
      this.changeDestination(['event', 'both'], (mapping) => ({ ...mapping, filters: [...mapping.filters, filter] }))
    } else {
      this.changeApp('eventFilters', (text) => withFilters(text, JSON.stringify([filter])))
    }
  }

  get edition(): 'app' | 'destination' {
    return this.isToday ? 'destination' : 'app'
  }

  private async fill(name: string, text: string): Promise<HTMLElement[]> {
    if (this.isToday) return this.destination.fill(await ask<DestinationSettings>('destination-form', { name, text }))
    return this.app.fill(await ask<Settings>('config-file', { name, text }))
  }

  /** Fills in the settings of the recipes, or the defaults. */
  private startAnew(): Promise<void> {
    return this.change(async () => {
      const [first, ...others] = this.recipes.all
      const changed = await this.fill('The recipe', JSON.stringify(first?.settings ?? {}))
      for (const recipe of others) changed.push(...(await this.add(recipe)))
      return changed
    })
  }

  /** Adds the recipe to what the shown form holds. */
  private async add({ settings, name }: RecipeStart): Promise<HTMLElement[]> {
    if (this.isToday) {
      const recipe = await ask<DestinationSettings>('destination-form', { name, text: JSON.stringify(settings) })
      return this.destination.fill(withMappings(this.destination.settings(), recipe))
    }
    const combined = withRecipe(this.app.settings(), settings)
    const changed = this.app.fill(combined.settings)
    if (combined.left.length > 0)
      this.status.say(`Nothing could be added to: ${combined.left.join(', ')}.`, { isBad: true })
    return changed
  }

  private async change(work: () => Promise<HTMLElement[]>): Promise<void> {
    try {
      const changed = await work()
      this.applied[this.edition] = this.recipes.ids.join()
      this.mark(changed)
      this.onChange()
    } catch (error) {
      this.status.say(sentenceOf(error) ?? '', { isBad: true })
    }
  }

  private changeApp(key: string, change: (text: string) => string | undefined): void {
    const settings = this.app.settings()
    const text = change(settings[key] ?? '')
    if (text === undefined)
      this.status.say(`Nothing can be added to the text of this setting: ${key}.`, { isBad: true })
    else this.mark(this.app.fill({ ...settings, [key]: text }))
    this.onChange()
  }

  private changeDestination(...change: Parameters<DestinationForm['changeFirst']>): void {
    const changed = this.destination.changeFirst(...change)
    if (changed === undefined) this.status.say('No mapping has the right action: add one.', { isBad: true })
    else this.mark([changed])
    this.onChange()
  }

  /** Marks what has changed until the user changes something, and scrolls to the first of it. */
  private mark(changed: readonly HTMLElement[]): void {
    document.querySelectorAll('.is-changed').forEach((one) => {
      one.classList.remove('is-changed')
    })
    const shown = changed.filter((one) => one.isConnected)
    for (const one of shown) one.classList.add('is-changed')
    shown[0]?.scrollIntoView({ block: 'nearest' })
  }

  private draw(): void {
    this.app.isShown = !this.isToday
    this.destination.isShown = this.isToday
  }
}
