import type { RecipeStart } from '../contract'
import { byId, element } from './dom'

/** The recipe that the settings start from, and those that were added to it. */
export class Recipes {
  private readonly first = byId('recipe', 'select')
  private readonly more = byId('add-recipe', 'select')
  private added: RecipeStart[] = []

  /** @param kept the ids of the recipes before a reload. */
  constructor(
    private readonly known: readonly RecipeStart[],
    kept: readonly string[],
    onStart: () => void,
    onAdd: (recipe: RecipeStart) => void,
  ) {
    for (const select of [this.first, this.more]) {
      select.append(...known.map(({ id, name }) => element('option', { value: id }, name)))
    }
    const [first, ...added] = kept
    // A browser may restore the controls after a reload, and the events of a recipe are the settings' business.
    this.first.value = this.withId(first)?.id ?? ''
    this.added = added.flatMap((id) => this.withId(id) ?? [])
    this.more.value = ''
    this.first.addEventListener('change', () => {
      this.added = []
      onStart()
      this.draw()
    })
    this.more.addEventListener('change', () => {
      const recipe = this.withId(this.more.value)
      this.more.value = ''
      if (recipe === undefined) return
      this.added = [...this.added.filter(({ id }) => id !== recipe.id), recipe]
      onAdd(recipe)
      this.draw()
    })
    this.draw()
  }

  /** All recipes, the one to start from first; empty for the defaults alone. */
  get all(): RecipeStart[] {
    const first = this.withId(this.first.value)
    return [...(first === undefined ? [] : [first]), ...this.added.filter((one) => one !== first)]
  }

  /** The ids to keep for a reload: the first is empty for the defaults. */
  get ids(): string[] {
    return [this.first.value, ...this.added.map(({ id }) => id)]
  }

  private withId(wanted: string | undefined): RecipeStart | undefined {
    return this.known.find(({ id }) => id === wanted)
  }

  private draw(): void {
    const sentence = byId('recipe-sentence', 'p')
    sentence.textContent = this.all
      .map(({ name, sentence: text }, place) => (place === 0 ? text : `${name}: ${text}`))
      .join(' ')
    sentence.hidden = this.all.length === 0
  }
}
