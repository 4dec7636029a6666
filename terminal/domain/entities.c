#include "terminal/domain/entities.h"

#include <string.h>

#include "terminal/base/assert.h"

static const struct entity entities[ENTITY_COUNT] = {
	{1, "AS", "Aguascalientes", "Aguascalientes"},
	{2, "BC", "Baja California", "Baja California"},
	{3, "BS", "Baja California Sur", "Baja California Sur"},
	{4, "CC", "Campeche", "Campeche"},
	{5, "CL", "Coahuila de Zaragoza", "Coahuila"},
	{6, "CM", "Colima", "Colima"},
	{7, "CS", "Chiapas", "Chiapas"},
	{8, "CH", "Chihuahua", "Chihuahua"},
	{9, "DF", "Ciudad de México (Distrito Federal)", "Ciudad de México"},
	{10, "DG", "Durango", "Durango"},
	{11, "GT", "Guanajuato", "Guanajuato"},
	{12, "GR", "Guerrero", "Guerrero"},
	{13, "HG", "Hidalgo", "Hidalgo"},
	{14, "JC", "Jalisco", "Jalisco"},
	{15, "MC", "México", "Estado de México"},
	{16, "MN", "Michoacán de Ocampo", "Michoacán"},
	{17, "MS", "Morelos", "Morelos"},
	{18, "NT", "Nayarit", "Nayarit"},
	{19, "NL", "Nuevo León", "Nuevo León"},
	{20, "OC", "Oaxaca", "Oaxaca"},
	{21, "PL", "Puebla", "Puebla"},
	{22, "QT", "Querétaro", "Querétaro"},
	{23, "QR", "Quintana Roo", "Quintana Roo"},
	{24, "SP", "San Luis Potosí", "San Luis Potosí"},
	{25, "SL", "Sinaloa", "Sinaloa"},
	{26, "SR", "Sonora", "Sonora"},
	{27, "TC", "Tabasco", "Tabasco"},
	{28, "TS", "Tamaulipas", "Tamaulipas"},
	{29, "TL", "Tlaxcala", "Tlaxcala"},
	{30, "VZ", "Veracruz de Ignacio de la Llave", "Veracruz"},
	{31, "YN", "Yucatán", "Yucatán"},
	{32, "ZS", "Zacatecas", "Zacatecas"},
	{0, "NE", "Nacido en el extranjero", "Nacido en el extranjero"},
};

const struct entity *entity_at(size_t i)
{
	VT_ASSERT(i < ENTITY_COUNT);
	return &entities[i];
}

const struct entity *entity_by_code(const char *code)
{
	for (size_t i = 0; i < ENTITY_COUNT; i++) {
		if (strncmp(entities[i].code, code, 2) == 0)
			return &entities[i];
	}
	return NULL;
}

const struct entity *entity_by_inegi(int number)
{
	return number >= 1 && number < ENTITY_COUNT ? &entities[number - 1] : NULL;
}

const char *entity_name(const struct entity *entity, const char *lang)
{
	if (entity->inegi == 0 && strncmp(lang, "en", 2) == 0)
		return "Born abroad";
	return entity->short_name;
}
