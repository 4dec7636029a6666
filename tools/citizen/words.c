#include "tools/citizen/words.h"

#include <string.h>

#include "terminal/base/attributes.h"

static const struct {
	const char *es, *en;
} words[] = {
	{"10 años*", "10 years*"},
	{"26 de junio de 1956", "26 June 1956"},
	{"60 años o más*", "Aged 60 or over*"},
	{"A nombre de quién", "Whose name"},
	{"Ajustes de accesibilidad", "Settings of accessibility"},
	{"Accesibilidad", "Accessibility"},
	{"Altura de los botones: Parte baja", "Height of the buttons: Lower part"},
	{"Aquí nadie lo ve", "Nobody sees it here"},
	{"Borrar", "Delete"},
	{"Cancelar", "Cancel"},
	{"Canceló en el lector", "You canceled on the reader"},
	{"Comenzar", "Begin"},
	{"*Copia certificada de mi CURP*", "*Certified copy of my CURP*"},
	{"Cuántas copias", "How many copies"},
	{"Dos copias*", "Two copies*"},
	{"Consultar*", "Look up*"},
	{"Continuar", "Continue"},
	{"Contraste: Blanco en negro", "Contrast: White on black"},
	{"Contraste: Negro en blanco", "Contrast: Black on white"},
	{"Contraste: Poco brillo", "Contrast: Low glare"},
	{"De su certificado", "From your certificate"},
	{"El PIN de su tarjeta está bloqueado", "The PIN of your card is locked"},
	{"El PIN no es correcto", "The PIN is not right"},
	{"El PIN no tiene el largo", "The PIN has not the length"},
	{"Entrar con mi e.firma", "Sign in with my e.firma"},
	{"Entro con mi e.firma en la terminal", "I sign in with my e.firma at terminal"},
	{"Escanear mi CURP", "Scan my CURP"},
	{"Escriba su PIN en el lector", "Write your PIN on the reader"},
	{"Escribir mi CURP", "Write my CURP"},
	{"Espacio", "Space"},
	{"Esta tarjeta es de otra persona", "This card belongs to another person"},
	{"Firmar", "Sign"},
	{"Firmar mi solicitud", "Sign my request"},
	{"Firmar con mi PIN", "Sign with my PIN"},
	{"Hay un problema", "There is a problem"},
	{"Hombre", "Male"},
	{"Intentar de nuevo", "Try again"},
	{"Intentos que quedan: 2", "Tries left: 2"},
	{"La tarjeta se retiró antes de tiempo", "The card was taken out too early"},
	{"Listo", "Done"},
	{"Mujer", "Female"},
	{"No la conozco*", "I do not know it*"},
	{"Nunca una tarjeta bancaria", "Never a bank card"},
	{"Obtener mi CURP", "Get my CURP"},
	{"Obtener mi CURP*", "Get my CURP*"},
	{"Obtener*", "Get my payment*"},
	{"Pago de pasaporte*", "Passport fee*"},
	{"Queda un solo intento para su PIN", "One try is left for your PIN"},
	{"Se acabó el tiempo para la tarjeta", "The time for the card ran out"},
	{"Pido lo siguiente y lo firmo", "I request the following and sign it"},
	{"Seguir sin la tarjeta", "Go on without the card"},
	{"Su certificado ya venció", "Your certificate has expired"},
	{"Su hoja está impresa", "Your sheet is printed"},
	{"Su identidad quedó comprobada", "Your identity was verified"},
	{"Su tarjeta sigue en el lector", "Your card is still in the reader"},
	{"Suele tardar", "It usually takes"},
	{"Sí, son mis datos", "Yes, these are my data"},
	{"Tamaño de letra: Grande", "Text size: Large"},
	{"Tamaño de letra: Muy grande", "Text size: Very large"},
	{"Tamaño de letra: Máxima", "Text size: Largest"},
	{"Tarifa con descuento*", "Reduced fare*"},
	{"Tarifa normal*", "Full fare*"},
	{"Usar el último intento", "Use the last try"},
	{"Volver a mi solicitud", "Back to my request"},
	{"Ya puede retirar su tarjeta", "You can take your card now"},
	{"cuántos años", "How many years"},
	{"fecha de nacimiento", "date of birth"},
	{"motivo", "Why does"},
	{"mpresora", "rinter"},
	{"nació", "born"},
	{"no contiene una CURP", "does not hold a CURP"},
	{"no funciona ahora", "is not working now"},
	{"nombre", "given name"},
	{"primer apellido", "first surname"},
	{"segundo apellido", "second surname"},
	{"sexo", "sex"},
	{"sin papel", "without paper"},
	{"tarifa", "fare"},
	{"¿Sigue ahí?", "Are you still there?"},
	{"Activar", "Activate"},
	{"Alta de esta terminal", "Enrolment of this terminal"},
	{"Atrás", "Back"},
	{"Bitácora", "Log"},
	{"Calibrar la pantalla", "Calibrate the screen"},
	{"Cola", "Queue"},
	{"Contadores de su vida", "Counters of its life"},
	{"Dar servicio", "Back in service"},
	{"Dispositivos encontrados", "Devices found"},
	{"Dos interruptores", "Two switches"},
	{"Entrar", "Enter"},
	{"Esta terminal está fuera de servicio", "This terminal is out of service"},
	{"Fuera de servicio", "Out of service"},
	{"Idioma", "Language"},
	{"Imprimir de nuevo", "Print again"},
	{"Interruptores: Dos interruptores", "Switches: Two switches"},
	{"Lista", "Ready"},
	{"Lugar y pantalla", "Place and screen"},
	{"Mañana: Elegir", "Tomorrow: Choose"},
	{"No salió bien", "No, it did not"},
	{"Paso 1 de 8", "Step 1 of 8"},
	{"Por entregar", "Still to deliver"},
	{"Presione el interruptor para elegir", "Press the switch that selects"},
	{"Presione el interruptor para mover", "Press the switch that moves"},
	{"Probar", "Test"},
	{"Prueba: bien", "Test: passed"},
	{"Red", "Network"},
	{"Red y servicios", "Network and services"},
	{"Reiniciar", "Reset"},
	{"Salir", "Leave"},
	{"Salió bien", "It came out well"},
	{"Servicio renapo", "Service renapo"},
	{"Su certificado fue revocado", "Your certificate was revoked"},
	{"Sí, completo", "Yes, complete"},
	{"Terminar", "Finish"},
	{"Trabajos de mantenimiento: Elegir", "Maintenance work: Choose"},
	{"Trámite de prueba", "Trial transaction"},
	{"¿Cuándo vuelve", "When will it serve again?"},
	{"¿Está lista?", "Is it ready?"},
	{"¿Por qué está fuera de servicio?", "Why is it out of service?"},
	{"¿salió bien?", "did it come out well?"},
	{"Último reinicio", "Last reset"},
};

/* What locales/packs say; all else is Spanish there. */
static const struct {
	const char *lang, *es, *text;
} packs[] = {
	{"nah", "Ayuda", "Tlapalewilistli"},
	{"nah", "Borrar", "Xikixpolo"},
	{"nah", "Idioma", "Tlahtolli"},
	{"yua", "Ayuda", "Áantaj"},
	{"yua", "Borrar", "Tupej"},
	{"yua", "Cancelar", "P'ate"},
	{"yua", "Idioma", "T'aanil"},
};

const char *words_in(const char *lang, const char *es)
{
	for (size_t i = 0; i < VT_ELEMENTS(packs); i++) {
		if (strcmp(packs[i].lang, lang) == 0 && strcmp(packs[i].es, es) == 0)
			return packs[i].text;
	}
	if (strncmp(lang, "en", 2) != 0)
		return es;
	for (size_t i = 0; i < VT_ELEMENTS(words); i++) {
		if (strcmp(words[i].es, es) == 0)
			return words[i].en;
	}
	return es;
}
