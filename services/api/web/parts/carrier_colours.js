// One colour for each kind of energy, the same in every chart.

const KINDS = {
  "series-coal": ["raw_coal", "anthracite", "coking_coal", "bituminous_coal", "lignite", "coal_gangue", "washed_coal", "washed_middlings", "coal_slime", "briquette"],
  "series-coke": ["coke", "coal_tar", "benzol", "petroleum_coke"],
  "series-oil": ["crude_oil", "gasoline", "kerosene", "diesel", "fuel_oil", "residual_oil", "methanol", "ethanol"],
  "series-gas": ["coke_oven_gas", "blast_furnace_gas", "converter_gas", "producer_gas", "water_gas", "natural_gas", "lng", "mine_gas", "lpg", "refinery_gas"],
  "series-electricity": ["electricity"],
  "series-heat": ["heat", "steam", "waste_heat"],
  "series-renewable": ["hydrogen", "biomass"],
};
const TOKENS = Object.fromEntries(Object.entries(KINDS).flatMap(([token, carriers]) => carriers.map((carrier) => [carrier, token])));

// The name of the colour in tokens.css.
export const tokenOf = (carrier) => TOKENS[carrier] || "series-other";
