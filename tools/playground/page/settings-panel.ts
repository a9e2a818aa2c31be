import { TODAY } from '../contract'
import type { DestinationSettings, Problem, RecipeStart, Settings, SettingsQuestion, Start } from '../contract'
import { DestinationForm } from './destination-form'
import { byId, element } from './dom'
import { keepSettings, type Kept } from './kept-settings'
import { ask, sentenceOf } from './server-access'
import { SettingsForm } from './settings-form'
import { SettingsStatus } from './settings-status'

/** The settings column: the form of the edition that the chosen server runs, and the recipe that it started from. */
export class SettingsPanel {
  readonly status = new SettingsStatus()
  private readonly app: SettingsForm
  private readonly destination: DestinationForm
  private readonly server = byId('server', 'select')
  private readonly recipe = byId('recipe', 'select')

  constructor(
    private readonly start: Start,
    kept: Partial<Kept>,
    private readonly onChange: () => void,
    onRecipe: () => void,
  ) {
    this.app = new SettingsForm(start.fields, start.simulatorKey, this.status, onChange)
    this.app.fill(kept.settings ?? {})
    this.destination = new DestinationForm(start.destination, start.simulatorKey, this.status, onChange)
    if (kept.destination !== undefined) this.destination.fill(kept.destination)
    this.recipe.append(...start.recipes.map(({ id, name }) => element('option', { value: id }, name)))
    // A browser may restore the control after a reload, and the events of a recipe are the settings' business.
    this.recipe.value = start.recipes.find(({ id }) => id === kept.recipe)?.id ?? ''
    this.recipe.addEventListener('change', () => {
      onRecipe()
      void this.startFrom(this.chosenRecipe)
    })
    this.server.addEventListener('change', () => {
      this.draw()
      onChange()
    })
    this.draw()
  }

  get isToday(): boolean {
    return this.server.value === TODAY
  }

  get chosenRecipe(): RecipeStart | undefined {
    return this.start.recipes.find(({ id }) => id === this.recipe.value)
  }

  question(): SettingsQuestion {
    return {
      settings: this.app.settings(),
      server: this.server.value,
      ...(this.isToday && { destination: this.destination.settings() }),
      ...(this.chosenRecipe !== undefined && { recipe: this.chosenRecipe.id }),
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
      recipe: this.recipe.value,
    })
  }

  show(problems: readonly Problem[]): void {
    if (this.isToday) this.destination.show(problems)
    else this.app.show(problems)
  }

  /** What "Save" and "Copy" give, and "Load" takes: the settings of the form that is shown, without the key. */
  content(): object {
    return this.isToday ? this.destination.settingsToKeep() : this.app.settingsToKeep()
  }

  /** Fills in the content of a file. Settings of the app become those of the destination if its form is shown. */
  async load(name: string, content: unknown): Promise<void> {
    if (this.isToday) this.destination.fill(await ask<DestinationSettings>('destination-form', { name, content }))
    else this.app.fill(await ask<Settings>('config-file', { name, content }))
    this.onChange()
  }

  /** Fills in the settings of the recipe, or the defaults. */
  private async startFrom(recipe: RecipeStart | undefined): Promise<void> {
    try {
      await this.load('The recipe', recipe?.settings ?? {})
      this.draw()
    } catch (error) {
      this.status.say(sentenceOf(error) ?? '', true)
    }
  }

  private draw(): void {
    this.app.isShown = !this.isToday
    this.destination.isShown = this.isToday
    const sentence = byId('recipe-sentence', 'p')
    sentence.textContent = this.chosenRecipe?.sentence ?? ''
    sentence.hidden = this.chosenRecipe === undefined
  }
}
