"""Finding what is registered, warned of or asked for by its name, its code or its pinyin."""
